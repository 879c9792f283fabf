/**
 * Reads the file with the operator's MCP servers. Its programs run with the operator's rights and no question asked, so
 * nobody else may be able to write it, or to put another file in its place: one of the operator's own would do, such as
 * the `.mcp.json` of a cloned repository.
 */

import type { Stats } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SettingError } from '../errors.ts';
import { shapeProblem } from '../json-shape.ts';
import { MCP_CONFIG_BYTES_MAX } from '../process-limits.ts';
import { readSmallFile } from '../small-file.ts';
import type { Environment } from './environment.ts';
import { parseServers } from './mcp-server-format.ts';
import type { McpServers } from './mcp-servers.ts';

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * @param environment for the variables in it
 * @throws SettingError with the one line to show: the file, the place in it, and no value from it
 */
export async function readServerFile(file: string, environment: Environment): Promise<McpServers> {
  try {
    await checkPlaces(file);
    const text = await readSmallFile(file, MCP_CONFIG_BYTES_MAX, ownershipProblem);
    return parseServers(parsedJson(text), environment);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new SettingError(`--session-mcp-config ${file}: ${problem}`);
  }
}

/** The folder of the file and, if it is a link, the link and the folder that it leads to. */
async function checkPlaces(file: string): Promise<void> {
  const problem = ownershipProblem(await lstat(file));
  if (problem !== undefined) throw new Error(problem);
  for (const folder of new Set([dirname(file), dirname(await realpath(file))])) {
    const found = await stat(folder);
    // In a sticky folder, others cannot replace what is not theirs.
    const isOpen = (found.mode & STICKY) === 0 && isWritableByOthers(found);
    if (isOpen || isOthers(found)) throw new Error(`others can replace it: ${folder} ${WHOSE}`);
  }
}

const WHOSE = 'must belong to you or root, and only its owner may write to it (chmod go-w)';

function ownershipProblem(found: Stats): string | undefined {
  const isLoose = !found.isSymbolicLink() && isWritableByOthers(found);
  return isLoose || isOthers(found) ? `it ${WHOSE}` : undefined;
}

function isWritableByOthers({ mode }: Stats): boolean {
  return process.platform !== 'win32' && (mode & WRITABLE_BY_OTHERS) !== 0;
}

function isOthers({ uid }: Stats): boolean {
  const own = process.getuid?.();
  return own !== undefined && uid !== own && uid !== 0;
}

/** The parser's own message would quote the text. */
function parsedJson(text: string): unknown {
  const problem = shapeProblem(Buffer.from(text));
  if (problem !== undefined) throw new Error(problem);
  try {
    return JSON.parse(text);
  } catch (error) {
    const [place = ''] = /\(line \d+ column \d+\)/.exec(String(error)) ?? [];
    throw new Error(`it is not valid JSON ${place}`.trim());
  }
}
