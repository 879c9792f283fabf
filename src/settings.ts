/** Every setting: its name, what it may be, its default, and what `--help` says of it. */

import { delimiter } from 'node:path';
import { z } from 'zod';
import { HTTP_RATE_LIMIT_DEFAULT } from './limits.ts';
import { LOG_LEVELS } from './log.ts';

const DAY_MS = 86_400_000;

const path = z.string().min(1, 'expected a path');
const flag = z.union([z.boolean(), z.enum(['true', 'false', '1', '0'], 'expected true or false')]);

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

function integer(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'expected a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected ${min} to ${max}`);
}

/** Every setting, in the order of the README and of `--help`. */
export const settingsSchema = z.object({
  'state-dir': path.optional().describe('where sessions are kept'),
  root: z.array(path).min(1).optional().describe('sessions may work below it; repeatable'),
  'claude-path': path.optional().describe('the Claude Code to run'),
  'max-live': integer(1, 10_000).default(16).describe('Claude Code processes at once'),
  'max-sessions': integer(1, 100_000_000).default(100_000).describe('sessions that have not ended'),
  'max-sessions-per-principal': integer(1, 100_000_000)
    .optional()
    .describe('how many of them one principal may have'),
  'idle-evict-ms': integer(0, 365 * DAY_MS)
    .default(300_000)
    .describe('an idle process is stopped'),
  'session-ttl-ms': integer(1, 3650 * DAY_MS)
    .default(604_800_000)
    .describe('an idle session is ended'),
  'retain-ms': integer(1, 36_500 * DAY_MS)
    .default(2_592_000_000)
    .describe('an ended session is forgotten'),
  'permission-timeout-ms': integer(1, 365 * DAY_MS)
    .default(1_800_000)
    .describe('then a permission request is denied'),
  'allow-bypass-permissions': flag.default(false).describe('lets callers choose bypassPermissions'),
  'log-level': z
    .enum(LOG_LEVELS, `expected one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .describe('how much is logged'),
  'log-file': path.optional().describe('log there, not on standard error'),
  host: z
    .string()
    .min(1, 'expected an address')
    .default('127.0.0.1')
    .describe('address that http listens on'),
  port: integer(0, 65_535).default(7337).describe('port that http listens on; 0 takes any'),
  'http-mode': z
    .enum(['sessions', 'dual'], 'expected sessions or dual')
    .default('sessions')
    .describe('sessions, or dual: also 2026-07-28'),
  'token-file': path.optional().describe('bearer tokens, name:token a line'),
  'no-auth': flag.default(false).describe('http without a token; loopback only'),
  'allowed-host': z.array(host).optional().describe('a further Host to answer to; repeatable'),
  'allowed-origin': z.array(origin).optional().describe('web pages to answer; repeatable'),
  'public-url': url.optional().describe('where clients reach /mcp, behind a proxy'),
  'auth-server': z.array(url).optional().describe('who issues the tokens, for clients; repeatable'),
  'rate-limit': integer(1, 1_000_000)
    .default(HTTP_RATE_LIMIT_DEFAULT)
    .describe('requests a second of one principal'),
});

type SettingName = keyof typeof settingsSchema.shape;

export const SETTING_NAMES = Object.keys(settingsSchema.shape) as SettingName[];

/** What stands for the value of a flag in the help, where it is not a number. */
export const VALUES: Readonly<Record<string, string>> = {
  'state-dir': 'DIR',
  root: 'DIR',
  'claude-path': 'FILE',
  'log-level': 'LEVEL',
  'log-file': 'FILE',
  host: 'ADDRESS',
  'http-mode': 'MODE',
  'token-file': 'FILE',
  'allowed-host': 'HOST',
  'allowed-origin': 'ORIGIN',
  'public-url': 'URL',
  'auth-server': 'URL',
};

export const BOOLEANS: ReadonlySet<string> = new Set(['allow-bypass-permissions', 'no-auth']);

/** Settings that may be given more than once, and what separates their values in a variable. */
export const REPEATABLE: ReadonlyMap<string, string> = new Map([
  ['root', delimiter],
  ['allowed-host', ','],
  ['allowed-origin', ','],
  ['auth-server', ','],
]);
