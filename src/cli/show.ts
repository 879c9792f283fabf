import { PENDING_PERMISSIONS_MAX } from '../limits.ts';
import type { PermissionRequest } from '../session/event.ts';
import { modeOf } from '../session/mode.ts';
import { type Session, silentSince, uuidOf } from '../session/session.ts';
import type { Inspection } from '../store/inspection.ts';
import type { Lease } from '../store/store.ts';
import { oneLine } from '../text.ts';
import { ago, dollars, localTime, tildePath, tokensText } from '../views/figures.ts';
import { besideHead, firstLines, type Style, screenLines, styled, wrap } from '../views/screen.ts';
import { showRequest } from '../views/session.ts';
import { bodyText, noteText, tellRequest } from '../views/telling.ts';
import { flagsOf } from './flags.ts';
import { isOthers, knownSession, sessionJson, statusStyle, statusText } from './sessions.ts';
import { type CommandContext, type Terminal, writeJson } from './terminal.ts';

/** Number of events in which to look for the last text. */
const SAID_EVENTS = 200;
const FACT_LINES_MAX = 6;
const FACT_WIDTH = 'principal  '.length;

/** A request, above all a plan, is read before it is answered. */
const ASKS_LINES_MAX = 100;

type Fact = readonly [title: string, text: string | undefined, style?: Style];

type Known = {
  readonly session: Session;
  readonly requests: readonly PermissionRequest[];
  readonly lease: Lease | undefined;
  /** The last text. */
  readonly said: string | undefined;
};

/** Shows one session: what it is, does and asks, and what it cost. */
export async function show(context: CommandContext): Promise<number> {
  const { settings, terminal } = context;
  const { json } = flagsOf(settings);
  const { session, inspection } = await knownSession(context);
  const requests = await inspection.permissionRequests(session, PENDING_PERMISSIONS_MAX);
  if (json) {
    await writeJson(terminal, {
      session: sessionJson(session, terminal.now()),
      permissionRequests: requests.map(showRequest),
    });
    return 0;
  }
  const [lease, said] = await Promise.all([
    inspection.lease(session.id),
    lastText(inspection, session),
  ]);
  const rows = factsOf({ session, requests, lease, said }, terminal.now());
  await terminal.write(rows.map((row) => factText(terminal, row)).join(''));
  return 0;
}

async function lastText(inspection: Inspection, session: Session): Promise<string | undefined> {
  const { id, lastSeq } = session;
  const events = await inspection.events(id, Math.max(0, lastSeq - SAID_EVENTS), SAID_EVENTS);
  return events.flatMap((event) => (event.type === 'text' ? event.text : [])).at(-1);
}

function factsOf({ session, requests, lease, said }: Known, now: number): readonly Fact[] {
  const when = (at: number): string => `${localTime(at)}  (${ago(now - at)})`;
  const { endedAt, error, labels } = session;
  const silent = silentSince(session, now);
  const { workingDirectory: directory, model } = session.options;
  const facts: readonly Fact[] = [
    ['id', session.id],
    ['name', session.name, 'bold'],
    ['status', statusText(session, now), statusStyle(session, now)],
    ['silent', silent === undefined ? undefined : `since ${when(silent)}`, 'yellow'],
    ['error', error && [error.message, error.hint].filter(Boolean).join('\n'), 'red'],
    ['principal', isOthers(session) ? session.principal : undefined],
    ['directory', tildePath(directory)],
    ['model', model],
    ['mode', modeOf(session)],
    ['tasks', session.taskIds.join(', ')],
    [
      'labels',
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(', '),
    ],
    ['created', when(session.createdAt)],
    ['active', endedAt === undefined ? when(session.lastActivity) : undefined],
    ['ended', endedAt === undefined ? undefined : `${when(endedAt)}\n${session.endReason ?? ''}`],
    ['turns', turnCounts(session)],
    ['tokens', tokensText(session.usage)],
    ['cost', dollars(session.usage.costUsd)],
    ['process', lease?.process && `pid ${lease.process.pid}`],
    ['events', String(session.lastSeq)],
    ['asks', requests.map((request) => requestText(request, directory)).join('\n'), 'yellow'],
    ['said', said],
    // Only if no server runs it.
    ['resume', lease === undefined ? `claude --resume ${uuidOf(session.id)}` : undefined],
  ];
  return facts.filter(([, text = '']) => text !== '');
}

function requestText(request: PermissionRequest, directory: string): string {
  const { notes, ...told } = tellRequest(request, directory);
  return [bodyText(told), ...notes.map(noteText)].join('\n');
}

function turnCounts({ turns }: Session): string {
  const { completed, failed, running, queued } = turns;
  return `${completed} completed, ${failed} failed, ${running} running, ${queued} queued`;
}

function factText(terminal: Terminal, [title, text = '', style]: Fact): string {
  const { columns } = terminal;
  if (columns === undefined) return `${title}\t${oneLine(text)}\n`;
  const all = screenLines(text).flatMap((line) => wrap(line, columns - FACT_WIDTH));
  const lines = firstLines(all, title === 'asks' ? ASKS_LINES_MAX : FACT_LINES_MAX);
  const head = styled(terminal, 'dim', title.padEnd(FACT_WIDTH));
  return besideHead(
    head,
    FACT_WIDTH,
    lines.map((line) => styled(terminal, style, line)),
  );
}
