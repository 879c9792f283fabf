/** What keeps a session from what is not for it: Claude Code's own rules, and hooks for what these do not see. */

import type { HookCallback, Options } from '@anthropic-ai/claude-agent-sdk';
import { cannotLook } from '../looks.ts';
import type { SessionOptions } from '../session/options.ts';
import type { Environment } from './environment.ts';
import { gitGuard } from './git-guard.ts';
import {
  configurationsOf,
  conversationGuard,
  keptOutRules,
  secretGuard,
  serverLogsOf,
} from './kept-out.ts';
import { planGuard } from './plan-guard.ts';
import type { Places } from './protected.ts';
import { Rules } from './rules.ts';
import type { ChangedSettings } from './run-parts.ts';
import { denyRules, seeSecretFiles } from './secret-files.ts';
import { hasSettings } from './trust-level.ts';

type GuardsOptions = {
  /** With real paths, and the trust level in force. */
  readonly options: SessionOptions & Required<Pick<SessionOptions, 'settings'>>;
  readonly uuid: string;
  readonly places: Places;
  /** Of the Claude Code process. */
  readonly environment: Environment;
  /** The server's own. */
  readonly files: readonly string[];
  readonly failed: (error: unknown) => void;
};

/** The process that the hooks belong to. */
type Guarded = {
  /** Sees to it that the rules are those of the mode. */
  readonly beforeTool: HookCallback;
  readonly apply: (settings: ChangedSettings) => Promise<void>;
};

export type Guards = {
  readonly rules: Rules;
  readonly hooks: (guarded: Guarded) => NonNullable<Options['hooks']>;
};

/** @throws SessionError UNAVAILABLE if the server's own files cannot be looked at */
export async function seeGuards(parts: GuardsOptions): Promise<Guards> {
  const { options, uuid, places, files, environment, failed } = parts;
  const [configurations, serverLogs, secrets] = await Promise.all([
    configurationsOf(places),
    serverLogsOf(environment, places.home),
    rulesAbout(files),
  ]);
  const { settings } = options;
  const others = { configurations, serverLogs };
  const keptOut = keptOutRules(others, places.directories, settings);
  const conversations = conversationGuard(others, uuid, settings);
  const rules = new Rules({ options, keptOut, secrets });
  return {
    rules,
    hooks: ({ beforeTool, apply }) => {
      const renew = (now: readonly string[]) => {
        rules.secrets = now;
        return apply(rules.settings());
      };
      const guard = secretGuard({ files, rules: secrets, renew, failed });
      // First, so that the others know of the mode.
      const always = [beforeTool, guard, conversations];
      const isPlan = () => rules.isPlan;
      if (!hasSettings(settings)) {
        return { PreToolUse: [{ hooks: [...always, gitGuard({ isPlan, failed })] }] };
      }
      const runShells = (may: boolean) => apply({ disableSkillShellExecution: may ? null : true });
      const plan = planGuard({ isPlan, configurations, runShells, failed });
      return {
        PreToolUse: [{ hooks: [...always, plan] }],
        UserPromptExpansion: [{ hooks: [plan] }],
      };
    },
  };
}

async function rulesAbout(files: readonly string[]): Promise<readonly string[]> {
  try {
    return denyRules(await seeSecretFiles(files));
  } catch (error) {
    throw cannotLook("the server's own files", error);
  }
}
