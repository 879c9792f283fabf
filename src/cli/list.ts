import type { Session } from '../session/session.ts';
import { ago, cents, count, tildePath } from '../views/figures.ts';
import { aligned, type Column, tabSeparated } from '../views/table.ts';
import { flagsOf } from './flags.ts';
import {
  isOthers,
  noStateText,
  sessionJson,
  shortIds,
  statusStyle,
  statusText,
} from './sessions.ts';
import { type CommandContext, writeJson } from './terminal.ts';

/** The sessions of all principals, newest activity first. */
export async function list({ settings, terminal, inspection }: CommandContext): Promise<number> {
  const { json, all, status, task, label, limit } = flagsOf(settings);
  const found = await inspection?.sessions({
    // One more than is shown, to know whether there are more.
    limit: limit + 1,
    openOnly: !all && status === undefined,
    status,
    taskId: task,
    label,
  });
  const sessions = found?.slice(0, limit) ?? [];
  if (json) {
    const now = terminal.now();
    await writeJson(terminal, { sessions: sessions.map((session) => sessionJson(session, now)) });
    return 0;
  }
  const columns = columnsOf(sessions, terminal.now());
  if (terminal.columns === undefined) await terminal.write(tabSeparated(columns, sessions));
  else if (sessions.length > 0) await terminal.write(aligned(terminal, columns, sessions));
  if (found === undefined)
    terminal.note(`${noStateText(settings.stateDir)}: there are no sessions.`);
  else if (sessions.length === 0) terminal.note(emptyText(settings.commandFlags ?? {}));
  else if (found.length > limit)
    terminal.note(`Showing the newest ${limit}; use --limit to see more.`);
  return 0;
}

function emptyText(flags: object): string {
  const asked = Object.keys(flags).filter((flag) => flag !== 'limit');
  if (asked.length === 0) return 'No open sessions; use --all to include those that have ended.';
  return 'No matching sessions.';
}

function columnsOf(sessions: readonly Session[], now: number): readonly Column<Session>[] {
  const short = shortIds(sessions);
  const hasOthers = sessions.some(isOthers);
  return [
    { title: 'ID', text: ({ id }) => id, shown: ({ id }) => short.get(id) ?? id },
    {
      title: 'STATUS',
      text: ({ status }) => status,
      shown: (session) => statusText(session, now),
      style: (session) => statusStyle(session, now),
    },
    { title: 'ACTIVE', text: ({ lastActivity }) => ago(now - lastActivity), isNumber: true },
    { title: 'TURNS', text: turnTotals, isNumber: true },
    { title: 'COST', text: ({ usage }) => cents(usage.costUsd), isNumber: true },
    {
      title: 'PRINCIPAL',
      text: ({ principal }) => principal,
      shown: ({ principal }) => (hasOthers ? principal : ''),
      isCut: true,
    },
    { title: 'TASK', text: ({ taskIds }) => taskIds.at(-1) ?? '', isCut: true },
    {
      title: 'NAME',
      text: ({ name }) => name ?? '',
      // Without a name, the directory says which session it is.
      shown: ({ name, options }) => name ?? tildePath(options.workingDirectory),
      isCut: true,
    },
    {
      title: 'DIRECTORY',
      text: ({ options }) => options.workingDirectory,
      shown: ({ options }) => tildePath(options.workingDirectory),
      isExtra: true,
    },
  ];
}

/** Turns that have ended, and how many are still open. */
function turnTotals({ turns }: Session): string {
  const open = turns.running + turns.queued;
  return count(turns.completed + turns.failed) + (open > 0 ? ` +${count(open)}` : '');
}
