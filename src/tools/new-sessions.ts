/** Tools that start a session: create_session and fork_session. */

import { z } from 'zod';
import {
  NAME_CHARS_MAX,
  PATH_CHARS_MAX,
  SYSTEM_PROMPT_BYTES_MAX,
  TOOL_RULES_MAX,
  TURN_TIMEOUT_MS_MIN,
} from '../limits.ts';
import { DISCONNECT_POLICIES, PERMISSION_MODES, type Turn } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import { ICONS } from '../views/icons.ts';
import { sessionView, showSession, showTurn, turnView } from '../views/session.ts';
import {
  boundedText,
  idempotencyKey,
  prompt,
  requestKey,
  sessionId,
  taskId,
  toolRule,
  word,
} from './fields.ts';
import { labels } from './maps.ts';
import { type Call, defineTool, type Subject } from './tool.ts';

const made = z.object({ session: sessionView, turn: turnView.optional() });

function aboutMade({ session, turn }: z.infer<typeof made>): Subject {
  return { sessionId: session.id, turnId: turn?.id };
}

type Made = { readonly session: Session; readonly turn?: Turn };

function showMade({ session, turn }: Made, { service }: Call): z.infer<typeof made> {
  return { session: showSession(session, service.now()), turn: turn && showTurn(turn) };
}

const toolRules = z.array(toolRule).max(TOOL_RULES_MAX);

/** A small number of milliseconds is one of seconds; undefined for what is neither. */
function secondsText(given: unknown): string | undefined {
  if (typeof given !== 'number' || given <= 0) return undefined;
  return `is in milliseconds: ${given} would stop each turn after ${given / 1000} s; for ${given} seconds, pass ${given * 1000}`;
}

const input = z.object({
  workingDirectory: word(PATH_CHARS_MAX)
    .optional()
    .describe(
      "Absolute path, ~/path or file:// URI of an existing directory inside one of the server's roots. Default: the " +
        "client's first root, the directory the server was started in, or its only root.",
    ),
  name: word(NAME_CHARS_MAX).optional().describe('Short human-readable name.'),
  model: word(NAME_CHARS_MAX)
    .optional()
    .describe('Model for Claude Code, such as "opus". Default: chosen by Claude Code.'),
  maxTurns: z
    .int()
    .min(1)
    .optional()
    .describe('Maximum number of round trips to the model per prompt.'),
  maxBudgetUsd: z
    .number()
    .positive()
    .optional()
    .describe('Maximum cost of the session, in US dollars.'),
  timeout: z
    .int()
    .min(TURN_TIMEOUT_MS_MIN, { error: ({ input }) => secondsText(input) })
    .optional()
    .describe('Maximum duration of a turn, in milliseconds: 600000 is ten minutes.'),
  allowedTools: toolRules
    .optional()
    .describe('Tools Claude may use without asking, such as "Read" or "Bash(git *)".'),
  disallowedTools: toolRules.optional().describe('Tools Claude may not use.'),
  permissionMode: z
    .enum(PERMISSION_MODES)
    .optional()
    .describe(
      'default: asks before edits and commands. acceptEdits: asks before commands only. plan: writes nothing. ' +
        'dontAsk: denies whatever no rule allows. bypassPermissions: never asks; the operator must have enabled it.',
    ),
  customSystemPrompt: boundedText(SYSTEM_PROMPT_BYTES_MAX)
    .optional()
    .describe("Replaces Claude Code's system prompt."),
  appendSystemPrompt: boundedText(SYSTEM_PROMPT_BYTES_MAX)
    .optional()
    .describe("Appended to Claude Code's system prompt."),
  taskId: taskId.optional(),
  labels: labels.optional().describe('Labels of your choice as key=value, for finding sessions.'),
  onDisconnect: z
    .enum(DISCONNECT_POLICIES)
    .optional()
    .describe(
      'What happens to the session when your MCP session ends. detach (default): it continues. interrupt: its turn ' +
        'is stopped. end: it is ended.',
    ),
  prompt: prompt.optional().describe('First prompt. Its turn starts immediately.'),
  idempotencyKey: idempotencyKey.optional(),
});

export const createSession = defineTool({
  name: 'create_session',
  title: 'Create a Claude Code session',
  icons: ICONS.session,
  description:
    'Starts a Claude Code session, a coding agent that works in a directory, and returns its id at once. If you ' +
    'pass a prompt, work begins immediately. Use it to delegate a job; to run several jobs in parallel, create one ' +
    'session for each. The session knows nothing about this conversation: state the goal, the constraints and how ' +
    'to check the result. Next: wait_sessions with the id (one call, no polling), then read_events. Use send_prompt ' +
    'for more work and end_session when it is done. A session lives until it is ended or has been idle for the time ' +
    'the operator set (7 days by default).',
  effect: 'start',
  input,
  output: made,
  about: aboutMade,
  async run(args, call) {
    const { name, labels, taskId, prompt, idempotencyKey: _key, ...options } = args;
    const key = requestKey('create_session', args, call);
    const given = {
      options,
      name,
      labels,
      taskId,
      prompt,
      key,
      trace: call.trace,
      clientRoots: call.clientRoots,
    };
    return showMade(await call.service.sessions.create(call.caller, given), call);
  },
});

export const forkSession = defineTool({
  name: 'fork_session',
  title: 'Fork a session',
  icons: ICONS.session,
  description:
    "Creates a new session that starts with another session's conversation so far, in the same directory. Use it to " +
    'try an alternative without losing the original. Files are shared, not copied. Wait for, prompt and end the new ' +
    'session by its own id.',
  effect: 'start',
  input: z.object({
    sessionId,
    name: word(NAME_CHARS_MAX).optional().describe('Short human-readable name.'),
    prompt: prompt.optional().describe('First prompt of the new session.'),
    idempotencyKey: idempotencyKey.optional(),
  }),
  output: made,
  about: aboutMade,
  async run(args, call) {
    const { sessionId, name, prompt } = args;
    const key = requestKey('fork_session', args, call);
    const given = { name, prompt, key, trace: call.trace };
    return showMade(await call.service.sessions.fork(call.caller, sessionId, given), call);
  },
});
