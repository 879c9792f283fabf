/** Sessions as rows: what `list` shows once, and `watch` again and again. */

import type { PermissionRequest } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import type { Inspection } from '../store/inspection.ts';
import { oneLine } from '../text.ts';
import { ago, cents, count, tildePath } from '../views/figures.ts';
import { showRequest } from '../views/request.ts';
import { COLUMN_GAP, cut, styled, widthOf } from '../views/screen.ts';
import { aligned, type Column, tabSeparated } from '../views/table.ts';
import { bodyText, tellRequest } from '../views/telling.ts';
import { answerText } from './answer-commands.ts';
import type { flagsOf } from './flags.ts';
import { type Holders, NOT_LOOKED, readHolders } from './holders.ts';
import { isOthers, shortId, shortIds } from './sessions.ts';
import { sessionJson, statusOf } from './status.ts';
import type { Terminal } from './terminal.ts';

/** Number of a session's pending requests that are shown. */
const REQUESTS_MAX = 3;

/** What there is to list. */
export type Listed = {
  readonly sessions: readonly Session[];
  readonly isMore: boolean;
  /** By session, oldest first. */
  readonly requests: ReadonlyMap<string, readonly PermissionRequest[]>;
  readonly holders: Holders;
};

export const NOTHING: Listed = {
  sessions: [],
  isMore: false,
  requests: new Map(),
  holders: NOT_LOOKED,
};

export async function readListed(
  inspection: Inspection,
  { all, status, task, label, limit }: Omit<ReturnType<typeof flagsOf>, 'json'>,
  now: number,
): Promise<Listed> {
  const found = await inspection.sessions({
    // One more than is shown, to know whether there are more.
    limit: limit + 1,
    openOnly: !all && status === undefined,
    status,
    taskId: task,
    label,
  });
  const sessions = found.slice(0, limit);
  const asking = sessions.filter(({ pendingPermissions }) => pendingPermissions > 0);
  const requests = await Promise.all(
    asking.map(async (session) => {
      const its = await inspection.permissionRequests(session, REQUESTS_MAX);
      return [session.id, its] as const;
    }),
  );
  const holders = await readHolders(inspection, now);
  return { sessions, isMore: found.length > limit, requests: new Map(requests), holders };
}

export function listedJson({ sessions, requests, holders }: Listed, now: number) {
  return sessions.map((session) => ({
    ...sessionJson(session, holders, now),
    permissionRequests: requests.get(session.id)?.map(showRequest),
  }));
}

/** A table for a person, with what each session asks below its row; for a program, all of it between tabs. */
export function listedText(terminal: Terminal, listed: Listed, now: number): string {
  const { sessions } = listed;
  const columns = columnsOf(listed, now);
  if (terminal.columns === undefined) {
    return tabSeparated([...columns, asksColumn(listed)], sessions);
  }
  if (sessions.length === 0) return '';
  return aligned(terminal, columns, sessions, (session) =>
    asksOf(listed, session).flatMap((ask) => askLines(terminal, ask)),
  );
}

/** What a session asks, and the command that answers it. */
type Ask = { readonly what: string; readonly how: string };

export function asksOf({ requests, holders }: Listed, session: Session): readonly Ask[] {
  // Without a server, nobody would hear the answer.
  if (holders.isAbandoned(session)) return [];
  const its = requests.get(session.id) ?? [];
  const asks = its.map((request): Ask => {
    const told = bodyText(tellRequest(request, session.options.workingDirectory));
    return { what: oneLine(told), how: answerText(request) };
  });
  const more = session.pendingPermissions - its.length;
  if (more <= 0) return asks;
  return [
    ...asks,
    { what: `${count(more)} more`, how: `claude-sessions-mcp show ${shortId(session)}` },
  ];
}

const INDENT = '  ';
/** With less room than this, the command stands below what is asked. */
const QUESTION_COLUMNS_MIN = 16;

/** The command is only cut on a screen that is narrower than it. */
function askLines(terminal: Terminal, { what, how }: Ask): readonly string[] {
  const room = (terminal.columns ?? Number.POSITIVE_INFINITY) - INDENT.length;
  const beside = room - COLUMN_GAP.length - widthOf(how);
  const isBeside = beside >= Math.min(QUESTION_COLUMNS_MIN, widthOf(what));
  const question = styled(terminal, 'yellow', cut(what, isBeside ? beside : room));
  return isBeside
    ? [`${INDENT}${question}${COLUMN_GAP}${how}`]
    : [`${INDENT}${question}`, `${INDENT}${cut(how, room)}`];
}

function asksColumn(listed: Listed): Column<Session> {
  return {
    title: 'ASKS',
    text: (session) =>
      asksOf(listed, session)
        .map(({ what, how }) => `${what}: ${how}`)
        .join('; '),
  };
}

function columnsOf({ sessions, holders }: Listed, now: number): readonly Column<Session>[] {
  const short = shortIds(sessions);
  // What is the same in all rows tells none from another.
  const [first, ...others] = sessions;
  const isShared = others.length > 0 && others.every((it) => it.principal === first?.principal);
  const hasOthers = !isShared && sessions.some(isOthers);
  return [
    { title: 'ID', text: ({ id }) => id, shown: ({ id }) => short.get(id) ?? id },
    {
      title: 'STATUS',
      text: (session) => statusOf(session, holders, now).text,
      style: (session) => statusOf(session, holders, now).style,
    },
    { title: 'ACTIVE', text: ({ lastActivity }) => ago(now - lastActivity), isNumber: true },
    { title: 'TURNS', text: turnTotals, isNumber: true },
    {
      title: 'COST',
      text: ({ usage }) => cents(usage.costUsd),
      isNumber: true,
      isDispensable: true,
    },
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
      isMain: true,
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
  const ended = turns.completed + turns.failed + turns.interrupted;
  return count(ended) + (open > 0 ? ` +${count(open)}` : '');
}

/** Differs if something else is to be shown of the session; its age and the length of its log change all the time. */
export function changeKey(listed: Listed, session: Session, now: number): string {
  const { text } = statusOf(session, listed.holders, now);
  const { name, taskIds, turns, usage } = session;
  return JSON.stringify([text, name, taskIds, turns, usage, asksOf(listed, session)]);
}
