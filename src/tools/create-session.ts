import { z } from 'zod';
import {
  LABEL_KEY_CHARS_MAX,
  LABEL_VALUE_CHARS_MAX,
  LABELS_MAX,
  NAME_CHARS_MAX,
  PATH_CHARS_MAX,
  SYSTEM_PROMPT_BYTES_MAX,
  TOOL_RULES_MAX,
} from '../limits.ts';
import { DISCONNECT_POLICIES, PERMISSION_MODES } from '../session/event.ts';
import { LABEL_KEY } from '../session/label.ts';
import { ICONS } from '../views/icons.ts';
import { sessionView, showSession, showTurn, turnView } from '../views/session.ts';
import {
  boundedText,
  idempotencyKey,
  prompt,
  requestKey,
  taskId,
  toolRule,
  word,
  wordOrEmpty,
} from './fields.ts';
import { defineTool } from './tool.ts';

const toolRules = z.array(toolRule).max(TOOL_RULES_MAX);
const labels = z
  .record(
    word(LABEL_KEY_CHARS_MAX).regex(LABEL_KEY, 'must not contain "="'),
    wordOrEmpty(LABEL_VALUE_CHARS_MAX),
  )
  .refine((map) => Object.keys(map).length <= LABELS_MAX, {
    error: `must have at most ${LABELS_MAX} entries`,
  });

const input = z.object({
  workingDirectory: word(PATH_CHARS_MAX)
    .optional()
    .describe(
      'Absolute path of an existing directory inside the roots of the server. Without it, the one that the server was ' +
        'started in, or the first root.',
    ),
  name: word(NAME_CHARS_MAX).optional().describe('A short name for people.'),
  model: word(NAME_CHARS_MAX)
    .optional()
    .describe('Model that Claude Code uses, like "opus"; its own default without.'),
  maxTurns: z.int().min(1).optional().describe('Most round trips to the model in one prompt.'),
  maxBudgetUsd: z.number().positive().optional().describe('Most dollars the session may cost.'),
  timeout: z.int().min(1).optional().describe('Milliseconds a turn may take.'),
  allowedTools: toolRules
    .optional()
    .describe('Tools Claude may use without asking, like "Read" or "Bash(git *)".'),
  disallowedTools: toolRules.optional().describe('Tools Claude does not have.'),
  permissionMode: z
    .enum(PERMISSION_MODES)
    .optional()
    .describe(
      'default asks before edits and commands; acceptEdits asks before commands only; plan writes nothing; dontAsk ' +
        'denies what no rule allows; bypassPermissions asks nothing, where the operator lets you choose it.',
    ),
  customSystemPrompt: boundedText(SYSTEM_PROMPT_BYTES_MAX)
    .optional()
    .describe("Replaces Claude Code's system prompt."),
  appendSystemPrompt: boundedText(SYSTEM_PROMPT_BYTES_MAX)
    .optional()
    .describe("Is added to Claude Code's system prompt."),
  taskId: taskId.optional(),
  labels: labels.optional().describe('Your own key-value pairs, to find sessions by.'),
  onDisconnect: z
    .enum(DISCONNECT_POLICIES)
    .optional()
    .describe(
      'What becomes of the session when your MCP session ends: detach (default) lets it go on.',
    ),
  prompt: prompt.optional().describe('First prompt; its turn starts at once.'),
  idempotencyKey: idempotencyKey.optional(),
});

export const createSession = defineTool({
  name: 'create_session',
  title: 'Create a Claude Code session',
  icons: ICONS.session,
  description:
    'Starts a Claude Code session, a coding agent that works in a directory, and answers at once with its id; ' +
    'with a prompt, work begins. Use it to hand over a job, or several side by side, a session each. The ' +
    'session knows nothing of this conversation: give it the goal, the limits and how to see that it is done. ' +
    'Next: wait_sessions with the id (one call, no polling), then read_events; send_prompt for more; ' +
    'end_session when the work is done. It lives until it is ended, or idle for the time the operator set (7 ' +
    'days by default).',
  hints: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: false,
    openWorldHint: true,
  },
  input,
  output: z.object({ session: sessionView, turn: turnView.optional() }),
  async run(args, call) {
    const { name, labels, taskId, prompt, idempotencyKey: _key, ...options } = args;
    const key = requestKey('create_session', args, call);
    const made = await call.service.sessions.create(call.caller, {
      options: withoutUndefined(options),
      ...(name !== undefined && { name }),
      ...(labels && { labels }),
      ...(taskId !== undefined && { taskId }),
      ...(prompt !== undefined && { prompt }),
      ...(key && { key }),
      ...(call.trace && { trace: call.trace }),
    });
    return {
      session: showSession(made.session, call.service.now()),
      ...(made.turn && { turn: showTurn(made.turn) }),
    };
  },
});

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Optional arguments that were not given are absent, not undefined. */
function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, inner]) => inner !== undefined),
  ) as Defined<T>;
}
