/** The one table of settings. The flags, the variables, the defaults, the types and the help are derived from it. */

import { delimiter, resolve } from 'node:path';
import { z } from 'zod';
import { HTTP_RATE_LIMIT_DEFAULT } from './connection-limits.ts';
import { SettingError } from './errors.ts';
import { LOG_LEVELS } from './log.ts';
import { meantText } from './nearest.ts';
import { GUARD_CHOICES } from './runner/guard.ts';
import { LOGIN_ENV_CHOICES, problemWithName } from './runner/variables.ts';
import { SANDBOX_CHOICES } from './session/options.ts';

const DAY_MS = 86_400_000;

const given = z.string().min(1, 'expected a path');
const path = given.transform((value) => resolve(value));
const isOn = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0'], 'expected true or false')])
  .transform((value) => value === true || value === 'true' || value === '1')
  .default(false);
const host = z
  .string()
  .regex(
    /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i,
    'expected a host, with its port unless that is 80 or 443',
  );
const url = z.url({ protocol: /^https?$/, error: 'expected an http or https URL' });
const origin = url.refine(
  (value) => URL.canParse(value) && new URL(value).origin === value,
  'expected an origin like https://app.example',
);

const variable = z.custom<string>((input) => problemWithName(String(input)) === undefined, {
  error: ({ input }) => problemWithName(String(input)),
});

function integer(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'expected a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected ${min} to ${max}`);
}

function number(min: number, max: number, usual: number) {
  return integer(min, max).default(usual);
}

type Setting<Schema extends z.ZodType> = {
  /** What the help shows for its value. A setting without one is a switch. */
  readonly value?: string;
  /** What separates several values in a variable. Only a setting with one may be given several times. */
  readonly separator?: string;
  /** All its values, if they are few. */
  readonly values?: readonly string[];
  /** What the help says about it. */
  readonly does: string;
  /** Checks what was given, and has the default. */
  readonly schema: Schema;
};

function one<Schema extends z.ZodType>(schema: Schema, does: string, value = 'N') {
  return { value, does, schema };
}

/** One of few words. The error names them, and the one that was most likely meant. */
export function oneOf<const Value extends string>(values: readonly [Value, ...Value[]]) {
  const known = values.length === 2 ? values.join(' or ') : `one of ${values.join(', ')}`;
  const isOne = (input: unknown): input is Value => values.some((value) => value === input);
  return z.custom<Value>(isOne, {
    error: ({ input }) => `expected ${known}${meantText(String(input), values)}`,
  });
}

function choice<const Value extends string>(
  values: readonly [Value, ...Value[]],
  usual: Value,
  does: string,
  value: string,
) {
  return { value, values, does, schema: oneOf(values).default(usual) };
}

function many(item: z.ZodType<string>, does: string, value: string) {
  const separator = value === 'DIR' ? delimiter : ',';
  return { value, separator, does: `${does}; repeatable`, schema: z.array(item).default([]) };
}

function onOff(does: string) {
  return { does, schema: isOn };
}

/** Every setting, in the order of the README and of `--help`. The flag of `stateDir` is `--state-dir`. */
const SETTINGS = {
  stateDir: one(path.optional(), 'where sessions are kept', 'DIR'),
  roots: many(given, 'sessions may work below it', 'DIR'),
  envs: many(variable, 'a variable that sessions get too', 'NAME'),
  loginEnv: choice(
    LOGIN_ENV_CHOICES,
    'auto',
    'auto, always or never: asks your login shell for its PATH',
    'WHEN',
  ),
  trust: many(
    given,
    'whose settings and hooks count: DIR, DIR=LEVEL, or the word claude or none',
    'DIR',
  ),
  claudePath: one(path.optional(), 'the Claude Code to run', 'FILE'),
  sessionMcpConfig: one(path.optional(), 'MCP servers for sessions, as in .mcp.json', 'FILE'),
  maxLive: one(number(1, 10_000, 16), 'Claude Code processes at once'),
  maxSessions: one(number(1, 100_000_000, 100_000), 'sessions that have not ended'),
  maxSessionsPerPrincipal: one(
    integer(1, 100_000_000).optional(),
    'how many of them one principal may have',
  ),
  idleEvictMs: one(number(0, 365 * DAY_MS, 300_000), 'an idle process is stopped'),
  sessionTtlMs: one(number(1, 3650 * DAY_MS, 604_800_000), 'an idle session is ended'),
  retainMs: one(number(1, 36_500 * DAY_MS, 2_592_000_000), 'an ended session is forgotten'),
  permissionTimeoutMs: one(
    number(1, 365 * DAY_MS, 1_800_000),
    'then a permission request is denied',
  ),
  processGuard: one(
    z.enum(GUARD_CHOICES, `expected one of ${GUARD_CHOICES.join(', ')}`).default('auto'),
    'auto, namespace or supervisor: what ends processes',
    'KIND',
  ),
  allowBypassPermissions: onOff('lets callers choose bypassPermissions'),
  sandbox: choice(SANDBOX_CHOICES, 'allow', 'off, allow or always: for shell commands', 'CHOICE'),
  logLevel: choice(LOG_LEVELS, 'info', 'how much is logged', 'LEVEL'),
  logFile: one(path.optional(), 'log there, not on standard error', 'FILE'),
  host: one(
    z.string().min(1, 'expected an address').default('127.0.0.1'),
    'address that http listens on',
    'ADDRESS',
  ),
  port: one(number(0, 65_535, 7337), 'port that http listens on; 0 takes any'),
  httpMode: choice(['sessions', 'dual'], 'sessions', 'dual also serves 2026-07-28', 'MODE'),
  tokenFile: one(path.optional(), 'bearer tokens, name:token a line', 'FILE'),
  noAuth: onOff('http without a token; loopback only'),
  allowedHosts: many(host, 'a further Host to answer to', 'HOST'),
  allowedOrigins: many(origin, 'web pages to answer', 'ORIGIN'),
  publicUrl: one(url.optional(), 'where clients reach /mcp, behind a proxy', 'URL'),
  authServers: many(url, 'who issues the tokens, for clients', 'URL'),
  rateLimit: one(
    number(1, 1_000_000, HTTP_RATE_LIMIT_DEFAULT),
    'requests a second of one principal',
  ),
};

type Table = typeof SETTINGS;

/** What was given for each setting, or its default. */
export type SettingValues = {
  readonly [Name in keyof Table]: z.output<Table[Name]['schema']>;
};

export const SETTING_LIST = Object.entries<Setting<z.ZodType>>(SETTINGS).map(([name, setting]) => {
  // One that may be given several times is named after one of its values: `root`, `allowed-host`.
  const one = setting.separator === undefined ? name : name.replace(/s$/, '');
  const flag = one.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return { name, flag, ...setting };
});

/** What the settings of the extension for Claude Desktop are called there. It offers no others. */
export const EXTENSION_TITLES = {
  roots: 'Folders',
  claudePath: 'Claude Code',
  maxLive: 'Sessions at work',
  allowBypassPermissions: 'Allow bypassPermissions',
  stateDir: 'State folder',
} as const satisfies Partial<Record<keyof Table, string>>;

const MENTIONED = /--([a-z][a-z-]*[a-z])(?: \(or CLAUDE_SESSIONS_[A-Z_]+\))?/g;

/** The text, with the flags that the extension has as settings by the names they have there. */
export function inExtension(text: string): string {
  return text.replace(MENTIONED, (mention, flag) => {
    const name = SETTING_LIST.find((setting) => setting.flag === flag)?.name;
    const [, title] = Object.entries(EXTENSION_TITLES).find(([known]) => known === name) ?? [];
    return title === undefined ? mention : `"${title}" in the settings of the extension`;
  });
}

/** The environment variable of a setting. */
export function variableOf(flag: string): string {
  return `CLAUDE_SESSIONS_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * @param given by flag; what is missing gets its default
 * @throws SettingError that names the flag and the variable
 */
export function settingValues(given: Readonly<Record<string, unknown>>): SettingValues {
  const values = SETTING_LIST.map(({ name, flag, schema }) => {
    const { data, error } = schema.safeParse(given[flag]);
    if (error !== undefined) throw badSetting(flag, String(error.issues[0]?.message));
    return [name, data];
  });
  return Object.fromEntries(values);
}

export function badSetting(flag: string, problem: string): SettingError {
  return new SettingError(`--${flag} (or ${variableOf(flag)}): ${problem}`);
}
