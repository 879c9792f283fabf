/** What a session's log says about the operator's MCP servers that do not work. */

import type { SDKMessage, SDKSystemMessage } from '@anthropic-ai/claude-agent-sdk';
import { asName } from './message-parts.ts';
import { noticeOf } from './notice.ts';

type Listed = SDKSystemMessage['mcp_servers'];

const PROBLEMS: Readonly<Record<string, string>> = {
  failed: 'cannot be started or reached',
  'needs-auth': 'wants a login, which only a terminal can give it',
  pending: 'has not answered yet',
  disabled: 'is turned off in Claude Code',
};

const NOT_LOADED = 'was not loaded by Claude Code';

/**
 * Gives the notices for each message of one process. What is wrong with a server is said once, at the begin of a turn.
 *
 * @param servers the names of those that the session was given
 */
export function noticesWith(
  servers: readonly string[],
): (message: SDKMessage) => readonly string[] {
  const told = new Set<string>();
  return (message) => {
    if (message.type !== 'system' || message.subtype !== 'init') {
      const notice = noticeOf(message);
      return notice === undefined ? [] : [notice];
    }
    const problems = servers.flatMap((name) => problemOf(name, message.mcp_servers));
    const news = problems.filter((text) => !told.has(text));
    for (const text of news) told.add(text);
    return news;
  };
}

/** In our words: Claude Code's own could hold a value from the server's environment. */
function problemOf(name: string, listed: Listed): readonly string[] {
  const status = listed.find((server) => server.name === name)?.status;
  if (status === 'connected') return [];
  const problem = status === undefined ? NOT_LOADED : (PROBLEMS[status] ?? asName(status));
  return [`The MCP server ${name} ${problem}; the session goes on without its tools.`];
}
