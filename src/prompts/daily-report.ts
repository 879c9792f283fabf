import { REPORT_SESSIONS_MAX, REPORT_WINDOW_MS } from '../limits.ts';
import { parseLabel } from '../session/label.ts';
import { type Session, taskIdOf } from '../session/session.ts';
import { shorten } from '../text.ts';
import { ICONS } from '../views/icons.ts';
import { fenced } from '../views/markdown.ts';
import { showMetrics } from '../views/metrics.ts';
import { isoTime } from '../views/session.ts';
import { DATA_NOTE, definePrompt, type PromptCall } from './prompt.ts';

export const dailyReport = definePrompt({
  name: 'daily_report',
  title: 'Daily report',
  description: 'Reports what your sessions did in the last 24 hours and what it cost.',
  icons: ICONS.report,
  arguments: {
    taskId: {
      title: 'Task id',
      description: 'Only sessions linked to this task.',
      completes: 'task',
    },
    label: {
      title: 'Label',
      description: 'Only sessions with this label (key=value).',
      completes: 'label',
    },
  },
  async write({ taskId, label }, call) {
    const { service, caller } = call;
    const scope =
      taskId === undefined ? ({ of: 'principal' } as const) : ({ of: 'task', taskId } as const);
    const measured = await service.sessions.metrics(caller, scope);
    const { sessions, more } = await activeSessions(call, { taskId, label });
    const counted = taskId === undefined ? 'all your sessions' : 'all sessions of this task';
    return `Write a report about my Claude Code sessions in the last 24 hours, up to ${isoTime(service.now())}.

1. Below are the sessions that were active, most recent first, and the totals for ${counted} since they began.
2. For each session that did something notable, call read_events (the last hundred events are enough) and summarize the
   outcome in one or two sentences. Group sessions that belong to the same task.
3. Then list what needs my attention: sessions in error, turns that failed or were lost, pending permissions
   (list_permission_requests), and sessions that have been idle for hours and could be ended.
4. Finish with the numbers: sessions, turns, tokens, dollars, and the three most expensive sessions by name.
5. Change nothing: send no prompts, answer no requests, end no sessions.

${DATA_NOTE}

${fenced(JSON.stringify(showMetrics(measured, service.uptimeMs())), 'json')}

${fenced(sessions.map((session) => JSON.stringify(lineOf(session))).join('\n') || 'no active sessions', 'json')}${
  more ? '\n\nThere are more: see list_sessions.' : ''
}`;
  },
});

type Filter = { readonly taskId: string | undefined; readonly label: string | undefined };

async function activeSessions(
  { service, caller }: PromptCall,
  { taskId, label }: Filter,
): Promise<{ readonly sessions: readonly Session[]; readonly more: boolean }> {
  const { sessions: found } = await service.sessions.page({
    principal: caller.principal,
    limit: REPORT_SESSIONS_MAX + 1,
    taskId,
    label: label === undefined ? undefined : parseLabel(label),
  });
  const since = service.now() - REPORT_WINDOW_MS;
  const active = found.filter((session) => session.lastActivity >= since);
  return {
    sessions: active.slice(0, REPORT_SESSIONS_MAX),
    more: active.length > REPORT_SESSIONS_MAX,
  };
}

/** Leaves out whatever can be long. */
function lineOf(session: Session): Record<string, unknown> {
  const { id, status, name, options, turns, pendingPermissions, usage, lastActivity, error } =
    session;
  return {
    id,
    status,
    name,
    workingDirectory: shorten(options.workingDirectory, 200),
    taskId: taskIdOf(session),
    turns,
    pendingPermissions,
    costUsd: usage.costUsd,
    outputTokens: usage.outputTokens,
    lastActivity: isoTime(lastActivity),
    error: error?.code,
  };
}
