/** The table of commands, from which command lines are read, and the help and the completions are written. */

import { LIST_LIMIT_DEFAULT } from './limits.ts';
import { SESSION_STATUSES } from './session/status.ts';

type FlagSpec = {
  /** What the help shows for its value. A flag without one is a switch. */
  readonly value?: string;
  /** All the values there are, if they are few. */
  readonly values?: readonly string[];
  /** Whether it may be given several times. */
  readonly isRepeatable?: boolean;
  readonly does: string;
};

/** Flags that are not settings: each belongs to some commands. */
export const COMMAND_FLAGS = {
  json: { does: 'JSON, for programs' },
  all: { does: 'ended ones too' },
  status: { value: 'STATUS', values: SESSION_STATUSES, does: 'only those of this status' },
  task: { value: 'TASK', does: 'only what this task counts' },
  label: { value: 'KEY=VALUE', does: 'only those with this label' },
  limit: { value: 'N', does: `at most so many sessions (default ${LIST_LIMIT_DEFAULT})` },
  after: { value: 'SEQ', does: 'from there on; 0 is the whole log' },
  'no-follow': { does: 'what is there, without waiting' },
  watch: { does: 'go on, as they change' },
  quiet: { does: 'no bell when something asks' },
  notify: { does: 'also a notice on the desktop when something asks' },
  session: { does: 'not only once: until the session ends' },
  message: { value: 'TEXT', does: 'what Claude reads with the answer' },
  choice: { value: 'N', isRepeatable: true, does: 'the option to choose; several as 1,3' },
  text: { value: 'TEXT', isRepeatable: true, does: 'an answer in your own words' },
  steer: { does: 'add the prompt to the running turn' },
  interrupt: { does: 'stop the running turn' },
  'cancel-queued': { does: 'also take the queued prompts back' },
  wait: { does: 'until the turn has ended; shows what Claude says' },
  reason: { value: 'TEXT', does: 'why, for its log' },
} as const satisfies Record<string, FlagSpec>;

export type CommandFlag = keyof typeof COMMAND_FLAGS;

export const COMMAND_FLAG_NAMES = Object.keys(COMMAND_FLAGS) as CommandFlag[];

/** The entry of a flag, if it is not known which one. */
export function flagOf(flag: CommandFlag): FlagSpec {
  return COMMAND_FLAGS[flag];
}

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** What a command is about. `word` stands for it in the help, and `is` says what is expected. */
export const OPERANDS = {
  session: { word: 'ID', is: 'the id of a session, its beginning, or its name' },
  request: {
    word: 'ID',
    is: 'the id of a request or its beginning, or that of a session that asks once',
  },
  prompt: { word: 'TEXT', is: 'the prompt, in quotes; - for standard input' },
  answers: { word: '-', is: 'the answers are JSON on standard input' },
  file: { word: 'FILE', is: 'the FILE to make' },
  shell: { word: 'SHELL', is: SHELLS.join(', ') },
  command: { word: 'COMMAND', is: 'a command, or settings' },
} as const;

export type OperandKind = keyof typeof OPERANDS;

type Operand = { readonly of: OperandKind; readonly isOptional?: boolean };

export const COMMAND_GROUPS = ['serve', 'look', 'act', 'maintain'] as const;

type CommandSpec = {
  readonly group: (typeof COMMAND_GROUPS)[number];
  /** What stands behind it, in this order. */
  readonly operands?: readonly Operand[];
  readonly flags: readonly CommandFlag[];
  /** One line. */
  readonly does: string;
  /** What the help of this command adds. */
  readonly more?: string;
  /** What stands behind the program's name in a call. */
  readonly example: string;
};

const SESSION: readonly Operand[] = [{ of: 'session' }];
const REQUEST: readonly Operand[] = [{ of: 'request' }];

/** `stdio` runs if no command is given. */
export const COMMANDS = {
  stdio: {
    group: 'serve',
    flags: [],
    does: 'serve MCP on standard input and output',
    more: 'This is what runs without a command, and what an MCP client starts.',
    example: '--root ~/src',
  },
  http: {
    group: 'serve',
    flags: [],
    does: 'serve Streamable HTTP at /mcp',
    more: 'Also /healthz, and /metrics for Prometheus.',
    example: 'http --port 7337',
  },
  list: {
    group: 'look',
    flags: ['all', 'status', 'task', 'label', 'limit', 'watch', 'notify', 'quiet', 'json'],
    does: 'the sessions, newest activity first',
    example: 'list --status busy',
  },
  watch: {
    group: 'look',
    flags: ['all', 'status', 'task', 'label', 'limit', 'notify', 'quiet', 'json'],
    does: 'the same as they change, what needs a person first',
    more: 'q or Ctrl-C ends it. Behind a pipe, a line for each session that changes.',
    example: 'watch --notify',
  },
  show: {
    group: 'look',
    operands: SESSION,
    flags: ['json'],
    does: 'one session: what it does, asks and cost',
    example: 'show d4b5f4eb',
  },
  tail: {
    group: 'look',
    operands: [{ of: 'session', isOptional: true }],
    flags: ['after', 'no-follow', 'json'],
    does: 'what it says and does, as it happens',
    more: 'Without an ID, what all sessions say and do.',
    example: 'tail d4b5f4eb --after 0',
  },
  metrics: {
    group: 'look',
    flags: ['task', 'json'],
    does: 'counts, tokens and cost of all sessions',
    example: 'metrics --task SHOP-1042',
  },
  allow: {
    group: 'act',
    operands: REQUEST,
    flags: ['session', 'message', 'json'],
    does: 'allow what a session asks, and show what that was',
    more: 'A plan is carried out. With --session, what the request names as "for the session" is not asked again until the session ends. If a session asks several things, name the request.',
    example: 'allow d4b5f4eb --session',
  },
  deny: {
    group: 'act',
    operands: REQUEST,
    flags: ['message', 'interrupt', 'json'],
    does: 'deny what a session asks',
    more: 'Claude reads the message and goes on; with --interrupt, its turn stops.',
    example: "deny d4b5f4eb --message 'Use the staging database.'",
  },
  answer: {
    group: 'act',
    operands: [{ of: 'request' }, { of: 'answers', isOptional: true }],
    flags: ['choice', 'text', 'json'],
    does: 'answer the questions of a session',
    more: 'At a terminal, it asks you. In a script, give one --choice or --text for each question, in their order, or with - a JSON object {"question": "answer"} on standard input.',
    example: "answer d4b5f4eb --choice 1,3 --text 'use tabs'",
  },
  send: {
    group: 'act',
    operands: [{ of: 'session' }, { of: 'prompt', isOptional: true }],
    flags: ['steer', 'interrupt', 'wait', 'json'],
    does: 'send a prompt to a session',
    more: 'It is queued behind the running turn, unless --steer or --interrupt is given. A server runs it: if none is alive, it runs when the next one starts. With --wait, the exit code is 0 only if the turn was completed.',
    example: "send d4b5f4eb 'Now run the tests.' --wait",
  },
  interrupt: {
    group: 'act',
    operands: SESSION,
    flags: ['cancel-queued', 'json'],
    does: 'stop the running turn; the session stays',
    example: 'interrupt d4b5f4eb --cancel-queued',
  },
  end: {
    group: 'act',
    operands: SESSION,
    flags: ['reason', 'json'],
    does: 'end a session and all it runs',
    more: 'Returns when the last of its processes is gone.',
    example: "end d4b5f4eb --reason 'no longer needed'",
  },
  doctor: {
    group: 'maintain',
    flags: ['json'],
    does: 'check that sessions can run here',
    more: 'Run it where the server starts, with the settings of the server.',
    example: 'doctor --root ~/src',
  },
  backup: {
    group: 'maintain',
    operands: [{ of: 'file' }],
    flags: [],
    does: 'copy the state database, while servers run',
    example: 'backup sessions-backup.db',
  },
  completion: {
    group: 'maintain',
    operands: [{ of: 'shell' }],
    flags: [],
    does: 'print the completions for a shell',
    more: 'For bash, add to ~/.bashrc: source <(claude-sessions-mcp completion bash). For zsh, the same in ~/.zshrc, after compinit. For fish: claude-sessions-mcp completion fish > ~/.config/fish/completions/claude-sessions-mcp.fish',
    example: 'completion bash',
  },
  help: {
    group: 'maintain',
    operands: [{ of: 'command', isOptional: true }],
    flags: [],
    does: 'explain a command, or the settings',
    example: 'help send',
  },
} as const satisfies Record<string, CommandSpec>;

export type Command = keyof typeof COMMANDS;

export const COMMAND_NAMES = Object.keys(COMMANDS) as Command[];

/** The entry of a command, if it is not known which one. */
export function specOf(command: Command): CommandSpec {
  return COMMANDS[command];
}

/** The command with its operands: `send ID [TEXT]`. */
export function synopsisOf(command: Command): string {
  const words = (specOf(command).operands ?? []).map(({ of, isOptional }) =>
    isOptional ? `[${OPERANDS[of].word}]` : OPERANDS[of].word,
  );
  return [command, ...words].join(' ');
}
