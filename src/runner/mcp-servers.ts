/** The operator's MCP servers: which of them a session gets, and what in them is secret. */

import type {
  McpHttpServerConfig,
  McpSSEServerConfig,
  McpStdioServerConfig,
} from '@anthropic-ai/claude-agent-sdk';
import { secretsGiven } from '../secrets.ts';
import type { SessionOptions } from '../session/options.ts';

/** One that a file can describe. Its variables are replaced. */
export type McpServer = McpStdioServerConfig | McpHttpServerConfig | McpSSEServerConfig;

/** By name. */
export type McpServers = ReadonlyMap<string, McpServer>;

export type ChosenServers = {
  readonly servers: McpServers;
  /** Names that the session was given and that stand for nothing now. */
  readonly missing: readonly string[];
};

/** What a session gets of the operator's servers now: those that it names, or all if it names none. */
export function chosenServers(
  known: McpServers,
  { mcpServers: names }: Pick<SessionOptions, 'mcpServers'>,
): ChosenServers {
  if (names === undefined) return { servers: known, missing: [] };
  return {
    servers: new Map([...known].filter(([name]) => names.includes(name))),
    missing: names.filter((name) => !known.has(name)),
  };
}

/** The values that no log and no result may show: those of variables and headers, and keys among arguments. */
export function secretsInServers(servers: McpServers): readonly string[] {
  return [...servers.values()].flatMap((server) => secretsGiven(valuesIn(server)));
}

function valuesIn(server: McpServer): [name: string, value: string][] {
  if ('url' in server) return [['url', server.url], ...Object.entries(server.headers ?? {})];
  const { args = [], env = {} } = server;
  // An argument is named by the switch before it: `--api-key`, and then the key.
  return [
    ...Object.entries(env),
    ...args.map((arg, at): [string, string] => [args[at - 1] ?? '', arg]),
  ];
}
