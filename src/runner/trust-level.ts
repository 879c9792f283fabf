/** What each trust level means for Claude Code: where its settings come from, and what is left of what it can do. */

import type { Options } from '@anthropic-ai/claude-agent-sdk';
import type { TrustLevel } from '../session/options.ts';

type Sources = Pick<
  Options,
  'settingSources' | 'strictMcpConfig' | 'skills' | 'additionalDirectories'
>;

/** Without these an untrusted repository runs code at start: hooks, MCP servers, its own permission rules. */
const ISOLATED = { settingSources: [], strictMcpConfig: true, skills: [] } satisfies Sources;

/** @param directory in which the session works */
export function sourcesOf(level: TrustLevel, directory: string): Sources {
  switch (level) {
    case 'none':
      return ISOLATED;
    case 'memory':
      // A Claude Code that does not know the variable below reads less. With any other way it would run the repository.
      return { ...ISOLATED, additionalDirectories: [directory] };
    case 'project':
      return { settingSources: ['project', 'local'], strictMcpConfig: false };
    case 'user':
      return { settingSources: ['user', 'project', 'local'], strictMcpConfig: false };
  }
}

/** Whether the repository's settings count: its rules allow things, its hooks run, and its commands can be called. */
export function hasSettings(level: TrustLevel): boolean {
  return level === 'project' || level === 'user';
}

/** Variables of a Claude Code process that depend on the level. */
export function levelVariables(level: TrustLevel): Record<string, string> {
  return {
    // Claude writes there without asking, in every mode, and all later sessions in that directory read it. It is in the
    // person's configuration directory, so only who gets all of that gets it too; their own settings may turn it off.
    ...(level !== 'user' && { CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1' }),
    ...(level === 'memory' && { CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD: '1' }),
  };
}
