import { isAbsolute } from 'node:path';
import { quoteId, SessionError } from '../errors.ts';
import {
  LABEL_KEY_CHARS_MAX,
  LABEL_VALUE_CHARS_MAX,
  LABELS_MAX,
  NAME_CHARS_MAX,
  PATH_CHARS_MAX,
  SYSTEM_PROMPT_BYTES_MAX,
  TOOL_RULE_CHARS_MAX,
  TOOL_RULES_MAX,
} from '../limits.ts';
import { LABEL_KEY } from '../session/label.ts';
import { DISCONNECT_POLICIES, PERMISSION_MODES, type SessionOptions } from '../session/options.ts';
import { isToolRule } from '../session/tool-rule.ts';
import { wellFormed } from '../text.ts';

/** The options that mean something without a server. */
type OwnOptions = Pick<
  SessionOptions,
  | 'workingDirectory'
  | 'model'
  | 'maxTurns'
  | 'maxBudgetUsd'
  | 'timeout'
  | 'allowedTools'
  | 'disallowedTools'
  | 'permissionMode'
  | 'customSystemPrompt'
  | 'appendSystemPrompt'
  | 'onDisconnect'
>;

/** How a session is to be run. Every option is optional. */
export type ClaudeCodeOptions = Partial<OwnOptions> & {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
};

type Check = {
  readonly accepts: (value: unknown) => boolean;
  /** Completes "expected …". */
  readonly expected: string;
};

const NO_OPTIONS: ClaudeCodeOptions = Object.freeze({});

const SYSTEM_PROMPT: Check = {
  accepts: (value) =>
    typeof value === 'string' && Buffer.byteLength(value) <= SYSTEM_PROMPT_BYTES_MAX,
  expected: `text of at most ${SYSTEM_PROMPT_BYTES_MAX} bytes`,
};

const TOOL_RULES: Check = {
  accepts: (value) =>
    Array.isArray(value) &&
    value.length <= TOOL_RULES_MAX &&
    value.every((rule) => isText(rule, TOOL_RULE_CHARS_MAX) && isToolRule(rule)),
  expected: `a list of at most ${TOOL_RULES_MAX} rules of 1 to ${TOOL_RULE_CHARS_MAX} characters, such as "Read" or "Bash(git *)"`,
};

const SHORT_TEXT: Check = {
  accepts: (value) => isWord(value, NAME_CHARS_MAX),
  expected: `text of 1 to ${NAME_CHARS_MAX} characters without U+0000`,
};

const CHECKS: Readonly<Record<keyof ClaudeCodeOptions, Check>> = {
  workingDirectory: {
    accepts: (value) => isWord(value, PATH_CHARS_MAX) && isAbsolute(value),
    expected: `an absolute path of at most ${PATH_CHARS_MAX} characters`,
  },
  timeout: { accepts: isCount, expected: 'a whole number of milliseconds, 1 or more' },
  maxTurns: { accepts: isCount, expected: 'a whole number, 1 or more' },
  maxBudgetUsd: { accepts: isAboveZero, expected: 'a number of dollars above 0' },
  model: SHORT_TEXT,
  name: SHORT_TEXT,
  allowedTools: TOOL_RULES,
  disallowedTools: TOOL_RULES,
  customSystemPrompt: SYSTEM_PROMPT,
  appendSystemPrompt: SYSTEM_PROMPT,
  permissionMode: oneOf(PERMISSION_MODES),
  onDisconnect: oneOf(DISCONNECT_POLICIES),
  labels: {
    accepts: areLabels,
    expected: `at most ${LABELS_MAX} labels with keys of 1 to ${LABEL_KEY_CHARS_MAX} characters without "=", values of at most ${LABEL_VALUE_CHARS_MAX}, and no U+0000`,
  },
};

/**
 * A frozen copy, with the lists and maps in it copied too. Undefined values are left out.
 *
 * @throws SessionError INVALID_REQUEST for an unknown option or a value out of range
 */
export function copyOptions(given: ClaudeCodeOptions): ClaudeCodeOptions {
  if (!isRecord(given)) throw invalid('options: expected an object');
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return NO_OPTIONS;
  const copy = entries.map(([name, value]) => {
    if (!isOptionName(name)) throw invalid(`option ${quoteId(name)}: no such option`);
    const { accepts, expected } = CHECKS[name];
    if (!accepts(value)) throw invalid(`option ${name}: expected ${expected}`);
    return [name, frozenCopy(wellFormed(value))];
  });
  return Object.freeze(Object.fromEntries(copy));
}

function frozenCopy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze([...value]);
  return isRecord(value) ? Object.freeze({ ...value }) : value;
}

function isOptionName(name: string): name is keyof ClaudeCodeOptions {
  return Object.hasOwn(CHECKS, name);
}

/** Whether it is a plain object: not a list, a Map or a Date, whose content a copy would lose. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** Whether it is text of 1 to `charsMax` characters. */
export function isText(value: unknown, charsMax: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= charsMax;
}

/** Whether it is such text without U+0000, as names and ids are. */
export function isWord(value: unknown, charsMax: number): value is string {
  return isText(value, charsMax) && !value.includes('\0');
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && isAboveZero(value);
}

function isAboveZero(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

function oneOf(words: readonly string[]): Check {
  return {
    accepts: (value) => words.some((word) => word === value),
    expected: `one of ${words.join(', ')}`,
  };
}

function areLabels(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const labels = Object.entries(value);
  return labels.length <= LABELS_MAX && labels.every(isLabel);
}

function isLabel([key, value]: readonly [string, unknown]): boolean {
  const isKey = isWord(key, LABEL_KEY_CHARS_MAX) && LABEL_KEY.test(key);
  return isKey && (value === '' || isWord(value, LABEL_VALUE_CHARS_MAX));
}

export function invalid(message: string): SessionError {
  return new SessionError('INVALID_REQUEST', message);
}
