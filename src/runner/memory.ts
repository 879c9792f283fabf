/** What an answer "for the session" would be remembered as, if it can be remembered. */

import { createHash } from 'node:crypto';
import { lstat, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { ifThere } from '../looks.ts';
import { isInside } from '../paths.ts';
import { REMEMBERED_TEXT_BYTES_MAX } from '../process-limits.ts';
import type { Memory } from '../session/remembered.ts';
import { stableJson } from '../session/stable-json.ts';
import { cutBytes } from '../text.ts';
import { claudeDirectory } from './environment.ts';
import { isProtected, type Places } from './protected.ts';

type Input = Readonly<Record<string, unknown>>;

/** Tools that read or write one file, and the argument that names it. */
const FILE_ARGUMENT: ReadonlyMap<string, string> = new Map([
  ['Read', 'file_path'],
  ['Write', 'file_path'],
  ['Edit', 'file_path'],
  ['MultiEdit', 'file_path'],
  ['NotebookRead', 'notebook_path'],
  ['NotebookEdit', 'notebook_path'],
]);

/**
 * Never remembered: questions to a person, and tools that search whole directories. Claude Code lets those search the
 * session's directory without asking, and what they are asked for elsewhere nobody can look over.
 */
const NEVER = new Set(['AskUserQuestion', 'ExitPlanMode', 'Glob', 'Grep', 'LS']);

/** Of the additional directories, in the text of what is remembered. */
const NAMED_DIRECTORIES_MAX = 3;

/**
 * @param directories in which the session works, the working directory first
 * @param environment of the Claude Code process, which decides where its configuration is
 */
export function placesOf(
  directories: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Places {
  const home = environment.HOME || homedir();
  return { directories, home, configDirectory: claudeDirectory(environment) };
}

/**
 * Undefined if the request is to be asked each time; that is also the answer if looking at the files fails.
 *
 * @param shown takes credentials out of a text
 */
export async function memoryOf(
  tool: string,
  input: Input,
  places: Places,
  shown: (text: string) => string,
): Promise<Memory | undefined> {
  try {
    const memory = await anyMemory(tool, input, places, shown);
    // A credential in a host, a path or a tool's name would be in the rule too, which is stored unchanged.
    return memory?.as === shown(memory?.as ?? '') ? memory : undefined;
  } catch {
    return undefined;
  }
}

async function anyMemory(
  ...[tool, input, places, shown]: Parameters<typeof memoryOf>
): ReturnType<typeof memoryOf> {
  const argument = FILE_ARGUMENT.get(tool);
  if (argument !== undefined) return filesMemory(tool, input[argument], places);
  if (NEVER.has(tool)) return undefined;
  if (tool === 'WebFetch') return hostMemory(tool, input.url);
  if (tool.startsWith('mcp__')) return { as: `the tool ${tool}`, rule: { kind: 'tool', tool } };
  if (tool === 'Bash') return shellMemory(input, shown);
  return exactMemory(tool, stableJson(input), shown);
}

/** Only by its command: the timeout or the background flag may differ the next time. */
function shellMemory(input: Input, shown: (text: string) => string): Memory | undefined {
  const { command, dangerouslyDisableSandbox: isLoose = false } = input;
  if (typeof command !== 'string') return undefined;
  // If Claude Code has a sandbox, the same command can do more outside of it.
  const tool = isLoose === false ? 'Bash' : 'Bash outside of its sandbox';
  return exactMemory(tool, command, shown);
}

function exactMemory(tool: string, text: string, shown: (text: string) => string): Memory {
  const digest = createHash('sha256').update(text).digest('base64url');
  const part = cutBytes(shown(text), REMEMBERED_TEXT_BYTES_MAX);
  return { as: `${tool}(${part})`, rule: { kind: 'input', tool, digest } };
}

function hostMemory(tool: string, url: unknown): Memory | undefined {
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return undefined;
  const { host } = parsed;
  return { as: `${tool} of ${host}`, rule: { kind: 'host', tool, host } };
}

/**
 * Files inside the session's directories, both by the given path and by its real path. An answer counts in all of them:
 * they never change, so the rule names the working directory only.
 */
async function filesMemory(
  tool: string,
  path: unknown,
  places: Places,
): Promise<Memory | undefined> {
  if (typeof path !== 'string' || !isPlain(path)) return undefined;
  const directories = await Promise.all(places.directories.map((each) => realpath(each)));
  // The paths of a session's directories are real paths. If one is not any more, the directory was replaced.
  if (directories.some((each, at) => each !== resolve(places.directories[at] ?? '')))
    return undefined;
  // The root of a file system contains everything: "inside it" would restrict nothing.
  if (directories.some((each) => dirname(each) === each)) return undefined;
  const [real, home, configDirectory] = await Promise.all([
    realPathOf(resolve(path)),
    realPathOf(places.home),
    realPathOf(places.configDirectory),
  ]);
  const meant = [resolve(path), real];
  const known = { directories, home, configDirectory };
  const isCovered = (each: string) =>
    directories.some((directory) => isInside(each, directory)) && !isProtected(each, known);
  if (!meant.every(isCovered)) return undefined;
  if (await isInGitDirectory(real, directories)) return undefined;
  const [within = '', ...others] = directories;
  const as = `${tool} files inside ${insideText(within, others)}, except protected ones`;
  return { as, rule: { kind: 'files', tool, within } };
}

/** The first ones: a text that an answer is given to is short, and there may be many. */
function insideText(within: string, others: readonly string[]): string {
  if (others.length === 0) return within;
  const more = others.length - NAMED_DIRECTORIES_MAX;
  const named = [within, ...others.slice(0, NAMED_DIRECTORIES_MAX)].join(', ');
  return more > 0 ? `${named} and ${more} more additional directories` : named;
}

/** A path that means the same to us, to Claude Code and to the system. Claude Code hands over absolute ones. */
function isPlain(path: string): boolean {
  return isAbsolute(path) && path === path.trim() && !path.split(/[\\/]/).includes('..');
}

/** The path with every link resolved, as far as it exists. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    // With ENOTDIR, a file is in the place of one of its folders.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  // It is a link to something that does not exist. Writing through it would create that.
  if (await ifThere(lstat(path))) throw new Error(`${path} is a link that leads nowhere`);
  return join(await realPathOf(dirname(path)), basename(path));
}

/** A repository without a working tree, or with its `.git` under another name: it has hooks too. */
async function isInGitDirectory(path: string, within: readonly string[]): Promise<boolean> {
  const isWithin = (folder: string) => within.some((directory) => isInside(folder, directory));
  for (let folder = dirname(path); isWithin(folder); folder = dirname(folder)) {
    const marks = ['HEAD', 'objects'].map((name) => ifThere(stat(join(folder, name))));
    if ((await Promise.all(marks)).every(Boolean)) return true;
  }
  return false;
}
