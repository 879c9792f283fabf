/** Sessions and turns as JSON: names in camelCase, times in ISO 8601. */

import { z } from 'zod';
import { ERROR_CODES } from '../errors.ts';
import { TURN_STATES } from '../session/event.ts';
import { modeOf } from '../session/mode.ts';
import { EFFORTS, PERMISSION_MODES, TRUST_LEVELS } from '../session/options.ts';
import { type Session, silentSince, taskIdOf } from '../session/session.ts';
import { SESSION_STATUSES } from '../session/status.ts';
import { settingsOf } from '../session/trust.ts';
import { optionsNow } from '../session/update.ts';
import { lastFitting } from './weight.ts';

/** About in tokens: of the tasks in each mention of a session. */
const TASKS_WEIGHT_MAX = 3_000;

export const timeView = z.string().describe('ISO 8601.');
export const countView = z.int().min(0);

/** What several tools return; named, so that it is described to clients only once. */
export function shape<Shape extends z.ZodRawShape>(
  name: string,
  fields: Shape,
): z.ZodObject<Shape> {
  return z.object(fields).meta({ shape: name });
}

export const failureView = shape('error', {
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
  settings: z
    .enum(TRUST_LEVELS)
    .describe("How much of the directory's own configuration counts now."),
  model: z.string().optional(),
  effort: z.enum(EFFORTS).optional(),
  permissionMode: z
    .enum(PERMISSION_MODES)
    .describe('The current mode, which may differ from the one chosen at creation.'),
  labels: z.record(z.string(), z.string()),
  taskId: z.union([z.string(), z.null()]).describe('The task that was linked last.'),
  taskIds: z.array(z.string()),
  taskIdsOmitted: countView.optional().describe('How many earlier ones there was no room for.'),
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
  context: z
    .object({ tokens: countView, window: countView })
    .optional()
    .describe('How much of the context window the conversation took when the last turn ended.'),
  backgroundTasks: z
    .array(
      z.object({
        id: z.string(),
        kind: z.enum(['command', 'agent', 'task']),
        description: z.string(),
      }),
    )
    .optional()
    .describe('What its process runs beside the turns; absent if nothing.'),
  error: failureView.optional(),
  silentSince: timeView
    .optional()
    .describe(
      'Set if the running turn has written nothing for at least a minute: since when. ISO 8601.',
    ),
});

/** @param now epoch milliseconds */
export function showSession(session: Session, now: number): z.infer<typeof sessionView> {
  const { taskIds } = session;
  const options = optionsNow(session);
  const tasks = session.background?.tasks ?? [];
  const shownTasks = lastFitting(taskIds, TASKS_WEIGHT_MAX);
  return {
    id: session.id,
    status: session.status,
    name: session.name,
    workingDirectory: options.workingDirectory,
    settings: settingsOf(session),
    model: options.model,
    effort: options.effort,
    permissionMode: modeOf(session),
    labels: { ...session.labels },
    taskId: taskIdOf(session),
    taskIds: shownTasks,
    taskIdsOmitted: taskIds.length - shownTasks.length || undefined,
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
    context: session.context,
    backgroundTasks: tasks.length > 0 ? [...tasks] : undefined,
    error: session.error,
    silentSince: isoTime(silentSince(session, now)),
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
