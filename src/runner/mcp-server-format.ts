/** Reads the operator's MCP servers as Claude Code writes them: `{"mcpServers": {name: …}}`. */

import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { quoteId } from '../errors.ts';
import { meantText } from '../nearest.ts';
import { MCP_SERVERS_MAX } from '../process-limits.ts';
import type { Environment } from './environment.ts';
import type { McpServer, McpServers } from './mcp-servers.ts';
import { MARKER_VARIABLE } from './process-table.ts';

/** No two underscores in a row, which separate the server from the tool in a tool's name. */
const SERVER_NAME = /^(?=.{1,64}$)[A-Za-z0-9-]+(_[A-Za-z0-9-]+)*$/;
/** Claude Code leaves a server with such a name out and does not say so. */
const RESERVED_NAMES = new Set(['claude-in-chrome', 'computer-use', 'workspace']);
/** Claude Code ignores a shorter one. */
const TIMEOUT_MS_MIN = 1_000;

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

const text = z
  .string('expected a text')
  .refine((value) => !value.includes('\0'), 'expected a text without U+0000');
/** Zod's records drop an entry of that name silently. */
const texts = z
  .unknown()
  .refine(isWithoutProto, 'must not use the name __proto__')
  .pipe(z.record(z.string(), text, 'expected an object of texts'));

const common = {
  timeout: z
    .int('expected a whole number of milliseconds')
    .min(TIMEOUT_MS_MIN, `expected at least ${TIMEOUT_MS_MIN} milliseconds`)
    .optional(),
  alwaysLoad: z.boolean('expected true or false').optional(),
};

const stdio = z.strictObject({
  type: z.literal('stdio', 'expected stdio, http or sse').optional(),
  command: text.refine(
    isProgram,
    'expected an absolute path, or the name of a program on the PATH',
  ),
  args: z.array(text, 'expected a list of texts').optional(),
  env: texts.refine(areVariables, 'expected names of environment variables').optional(),
  ...common,
});

const remote = z.strictObject({
  type: z.enum(['http', 'sse'], 'expected http or sse'),
  url: z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }),
  headers: texts.refine(areHeaders, 'expected names and values that HTTP allows').optional(),
  ...common,
});

/**
 * @param environment for `${NAME}` and `${NAME:-default}`
 * @throws Error that names the place in the JSON, and no value from it
 */
export function parseServers(config: unknown, environment: Environment): McpServers {
  const { mcpServers, ...others } = isObject(config) ? config : {};
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new Error(`unknown key ${quoteId(unknown)}; expected mcpServers`);
  if (!isObject(mcpServers)) throw new Error('mcpServers: expected an object of servers by name');
  const entries = Object.entries(mcpServers);
  if (entries.length > MCP_SERVERS_MAX) {
    throw new Error(`mcpServers: expected at most ${MCP_SERVERS_MAX} servers (MCP_SERVERS_MAX)`);
  }
  return new Map(entries.map(([name, given]) => [name, parseServer(name, given, environment)]));
}

function parseServer(name: string, given: unknown, environment: Environment): McpServer {
  const at = `mcpServers.${quoteId(name)}`;
  if (!SERVER_NAME.test(name)) throw new Error(`${at}: expected a name of ${NAME_RULE}`);
  if (RESERVED_NAMES.has(name)) throw new Error(`${at}: Claude Code reserves this name for itself`);
  if (!isObject(given)) throw new Error(`${at}: expected an object`);
  const isRemote = 'url' in given || given.type === 'http' || given.type === 'sse';
  if (!isRemote && !('command' in given))
    throw new Error(`${at}: expected a command, or a url with its type`);
  const schema = isRemote ? remote : stdio;
  const { data, error } = schema.safeParse(expanded(given, at, environment));
  if (data !== undefined) return data;
  throw new Error(
    error === undefined ? at : issueText(at, error.issues[0], Object.keys(schema.shape)),
  );
}

const NAME_RULE = 'at most 64 letters, digits, hyphens and single underscores between them';

function issueText(
  at: string,
  issue: z.core.$ZodIssue | undefined,
  known: readonly string[],
): string {
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    return `${at}: unknown key ${quoteId(key)}${meantText(key, known)}; expected ${known.join(', ')}`;
  }
  const path = [at, ...(issue?.path ?? []).map(quoteId)].join('.');
  return `${path}: ${issue?.message}`;
}

/** The value with every variable in its texts replaced. */
function expanded(value: unknown, at: string, environment: Environment): unknown {
  if (typeof value === 'string') return expandedText(value, at, environment);
  if (Array.isArray(value))
    return value.map((each, index) => expanded(each, `${at}.${index}`, environment));
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([name, each]) => [name, expanded(each, `${at}.${quoteId(name)}`, environment)]),
  );
}

function expandedText(value: string, at: string, environment: Environment): string {
  const text = value.replace(VARIABLE, (_found, name: string, fallback: string | undefined) => {
    const given = environment[name];
    const found = given || (fallback ?? given);
    if (found !== undefined) return found;
    throw new Error(`${at}: the variable ${name} is not set where the server starts`);
  });
  if (text.search(VARIABLE) === -1) return text;
  throw new Error(
    `${at}: a variable's own value has \${…} in it, which Claude Code would replace too`,
  );
}

/** Claude Code starts it in the session's directory, where a relative path would name a file of a repository. */
function isProgram(command: string): boolean {
  return command.trim() !== '' && (isAbsolute(command) || !/[\\/]/.test(command));
}

/** Without our marker, by which the processes of a session are found. */
function areVariables(env: Readonly<Record<string, string>>): boolean {
  return Object.keys(env).every((name) => /^[^=\0]+$/.test(name) && name !== MARKER_VARIABLE);
}

function areHeaders(headers: Readonly<Record<string, string>>): boolean {
  try {
    new Headers({ ...headers });
    return true;
  } catch {
    return false;
  }
}

function isWithoutProto(value: unknown): boolean {
  return !isObject(value) || !Object.hasOwn(value, '__proto__');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
