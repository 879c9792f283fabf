/**
 * MCP servers that stand in a `.mcp.json` above a session's directory. If settings count, Claude Code starts those of each
 * folder up to the root of the file system, so a file in `/tmp` would run a program in every session below. In a terminal
 * it asks about each of them.
 */

import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isOutOfMeans } from '../looks.ts';
import { MCP_JSON_BYTES_MAX } from '../process-limits.ts';
import { readSmallFile } from '../small-file.ts';
import { ancestorsOf } from './checkout.ts';

const file = z.object({ mcpServers: z.record(z.string(), z.unknown()) });

type Found = { readonly name: string; readonly file: string };

export type ServersAbove = {
  /** What must not be started. */
  readonly left: readonly Found[];
  /** False if there is something else to leave out by now. */
  readonly isUnchanged: () => Promise<boolean>;
};

/**
 * @param directory a real path
 * @param untrusted folders above it whose servers do not count
 * @throws the error of the system if this server is out of means to look
 */
export async function seeServersAbove(
  directory: string,
  untrusted: readonly string[] = [],
): Promise<ServersAbove> {
  if (untrusted.length === 0) return { left: [], isUnchanged: async () => true };
  const left = await leftOut(directory, untrusted);
  const isUnchanged = async () => asText(await leftOut(directory, untrusted)) === asText(left);
  return { left, isUnchanged };
}

/** Of servers of one name, Claude Code starts the one that is nearest to the directory. */
async function leftOut(directory: string, untrusted: readonly string[]): Promise<readonly Found[]> {
  const files = ancestorsOf(directory).map((folder) => join(folder, '.mcp.json'));
  const found = (await Promise.all(files.map(serversIn))).flat();
  const nearest = new Map(found.toReversed().map((server) => [server.name, server]));
  return [...nearest.values()].filter((server) => untrusted.includes(dirname(server.file)));
}

/** None if Claude Code would not take the file either: it wants strict JSON in a regular file of this size. */
async function serversIn(path: string): Promise<readonly Found[]> {
  try {
    const text = await readSmallFile(path, MCP_JSON_BYTES_MAX);
    const { mcpServers } = file.parse(JSON.parse(text.replace(/^\uFEFF/, '')));
    return Object.keys(mcpServers).map((name) => ({ name, file: path }));
  } catch (error) {
    if (isOutOfMeans(error)) throw error;
    return [];
  }
}

function asText(found: readonly Found[]): string {
  return JSON.stringify(found);
}
