/** Sessions, turns and permission requests as JSON: names in camelCase, times in ISO 8601. */

import { z } from 'zod';
import { ERROR_CODES } from '../errors.ts';
import {
  DISCONNECT_POLICIES,
  PERMISSION_MODES,
  PERMISSION_STATES,
  type PermissionRequest,
  TURN_STATES,
  type Turn,
} from '../session/event.ts';
import { modeOf } from '../session/mode.ts';
import { type Session, silentSince, taskIdOf } from '../session/session.ts';
import { SESSION_STATUSES } from '../session/status.ts';

const timeView = z.string().describe('ISO 8601.');
export const countView = z.int().min(0);

/** What several tools return; named, so that it is described to clients only once. */
function shape<Shape extends z.ZodRawShape>(name: string, fields: Shape): z.ZodObject<Shape> {
  return z.object(fields).meta({ shape: name });
}

const failureView = shape('error', {
  code: z.enum(ERROR_CODES),
  message: z.string(),
  retryable: z.boolean(),
  hint: z.string().optional(),
});

export const usageView = shape('usage', {
  inputTokens: countView,
  outputTokens: countView,
  cacheReadTokens: countView,
  cacheWriteTokens: countView,
  costUsd: z.number(),
});

export const sessionView = shape('session', {
  id: z.string(),
  status: z.enum(SESSION_STATUSES),
  name: z.string().optional(),
  workingDirectory: z.string(),
  model: z.string().optional(),
  permissionMode: z
    .enum(PERMISSION_MODES)
    .describe('The current mode, which may differ from the one chosen at creation.'),
  labels: z.record(z.string(), z.string()),
  taskId: z.union([z.string(), z.null()]).describe('The task that was linked last.'),
  taskIds: z.array(z.string()),
  mcpSessionId: z
    .union([z.string(), z.null()])
    .describe('The MCP session that this session is tied to.'),
  createdAt: timeView,
  lastActivity: timeView,
  endedAt: timeView.optional(),
  endReason: z.string().optional(),
  turns: z.object({
    queued: countView,
    running: countView,
    completed: countView,
    failed: countView.describe('Including lost turns.'),
    interrupted: countView,
    lost: countView,
    cancelled: countView,
  }),
  lastTurn: z
    .object({
      id: z.string(),
      state: z.enum(TURN_STATES),
      error: failureView.optional(),
      endedAt: timeView.optional(),
    })
    .optional()
    .describe('The turn that started last.'),
  pendingPermissions: countView,
  lastSeq: countView.describe('The seq of the newest event in its log.'),
  usage: usageView,
  error: failureView.optional(),
  silentSince: timeView
    .optional()
    .describe(
      'Set if the running turn has written nothing for at least a minute: since when. ISO 8601.',
    ),
});

/** What a session may do and spend, beyond what every mention of it says. */
export const rulesView = z.object({
  allowedTools: z.array(z.string()).optional(),
  disallowedTools: z.array(z.string()).optional(),
  remembered: z.array(z.string()).optional().describe('What answers allowed for the session.'),
  maxTurns: countView.optional(),
  maxBudgetUsd: z.number().optional(),
  timeout: countView.optional().describe('Milliseconds a turn may take.'),
  onDisconnect: z.enum(DISCONNECT_POLICIES).optional(),
});

export const turnView = shape('turn', {
  id: z.string(),
  sessionId: z.string(),
  state: z.enum(TURN_STATES),
  origin: z.enum(['prompt', 'autonomous']),
  queuedAt: timeView,
  startedAt: timeView.optional(),
  endedAt: timeView.optional(),
  result: z.string().optional().describe("Claude's last text, shortened if it is long."),
  error: failureView.optional(),
  usage: usageView.optional(),
});

/** @param now epoch milliseconds */
export function showSession(session: Session, now: number): z.infer<typeof sessionView> {
  const { options } = session;
  return {
    id: session.id,
    status: session.status,
    name: session.name,
    workingDirectory: options.workingDirectory,
    model: options.model,
    permissionMode: modeOf(session),
    labels: { ...session.labels },
    taskId: taskIdOf(session),
    taskIds: [...session.taskIds],
    mcpSessionId: session.mcpSessionId,
    createdAt: isoTime(session.createdAt),
    lastActivity: isoTime(session.lastActivity),
    endedAt: isoTime(session.endedAt),
    endReason: session.endReason,
    turns: { ...session.turns },
    lastTurn: session.lastTurn && {
      ...session.lastTurn,
      endedAt: isoTime(session.lastTurn.endedAt),
    },
    pendingPermissions: session.pendingPermissions,
    lastSeq: session.lastSeq,
    usage: { ...session.usage },
    error: session.error,
    silentSince: isoTime(silentSince(session, now)),
  };
}

/**
 * Undefined if there are none.
 *
 * @param remembered the texts of what was allowed for the rest of the session
 */
export function showRules(
  { options }: Session,
  remembered: readonly string[],
): z.infer<typeof rulesView> | undefined {
  const { allowedTools, disallowedTools } = options;
  const rules = {
    allowedTools: allowedTools && [...allowedTools],
    disallowedTools: disallowedTools && [...disallowedTools],
    remembered: remembered.length > 0 ? [...remembered] : undefined,
    maxTurns: options.maxTurns,
    maxBudgetUsd: options.maxBudgetUsd,
    timeout: options.timeout,
    onDisconnect: options.onDisconnect,
  };
  return Object.values(rules).some((value) => value !== undefined) ? rules : undefined;
}

export function showTurn(turn: Turn): z.infer<typeof turnView> {
  return {
    id: turn.id,
    sessionId: turn.sessionId,
    state: turn.state,
    origin: turn.origin,
    queuedAt: isoTime(turn.queuedAt),
    startedAt: isoTime(turn.startedAt),
    endedAt: isoTime(turn.endedAt),
    result: turn.result,
    error: turn.error,
    usage: turn.usage,
  };
}

export const requestView = shape('request', {
  requestId: z.string(),
  sessionId: z.string(),
  turnId: z.union([z.string(), z.null()]),
  toolName: z.string(),
  rememberAs: z
    .string()
    .optional()
    .describe(
      'What remember "session" would allow from now on. Absent if the answer counts only once.',
    ),
  input: z.record(z.string(), z.unknown()).describe('Input that the tool would be called with.'),
  description: z.string().optional(),
  state: z.enum(PERMISSION_STATES),
  createdAt: timeView,
  expiresAt: timeView,
  answeredAt: timeView.optional(),
  answeredBy: z
    .object({
      principal: z.string().optional(),
      via: z.string().describe('tool, form, terminal (without a principal), or timeout.'),
    })
    .optional(),
  message: z.string().optional(),
  remembered: z.string().optional().describe('What is now allowed without asking.'),
  notRemembered: z.string().optional().describe('Why remember "session" counted only once.'),
});

export function showRequest(request: PermissionRequest): z.infer<typeof requestView> {
  const { state, memory, createdAt, expiresAt, answeredAt } = request;
  return {
    requestId: request.requestId,
    sessionId: request.sessionId,
    turnId: request.turnId,
    toolName: request.toolName,
    // Before the input, which may be cut at its end.
    rememberAs: state === 'pending' ? memory?.as : undefined,
    input: request.input,
    description: request.description,
    state,
    createdAt: isoTime(createdAt),
    expiresAt: isoTime(expiresAt),
    answeredAt: isoTime(answeredAt),
    answeredBy: request.answeredBy,
    message: request.message,
    remembered: request.remembered?.as,
    notRemembered: request.notRemembered,
  };
}

export function isoTime(epochMs: number): string;
export function isoTime(epochMs: number | undefined): string | undefined;
export function isoTime(epochMs: number | undefined): string | undefined {
  if (epochMs === undefined) return undefined;
  // Half the cost of toISOString; every event of a log has one.
  const time = new Date(epochMs);
  const day = `${time.getUTCFullYear()}-${two(time.getUTCMonth() + 1)}-${two(time.getUTCDate())}`;
  const minute = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}`;
  const millis = 1000 + time.getUTCMilliseconds();
  return `${day}T${minute}:${two(time.getUTCSeconds())}.${String(millis).slice(1)}Z`;
}

function two(number: number): string {
  return number < 10 ? `0${number}` : `${number}`;
}
