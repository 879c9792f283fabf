/** The permission requests that people answer at a terminal: which one is meant, and what it asks. */

import { quoteId, SessionError } from '../errors.ts';
import { PENDING_PERMISSIONS_MAX } from '../limits.ts';
import type { PermissionRequest } from '../session/event.ts';
import { byWhom } from '../session/permission.ts';
import type { Session } from '../session/session.ts';
import type { Inspection } from '../store/inspection.ts';
import { oneLine } from '../text.ts';
import { ago } from '../views/figures.ts';
import { showRequest } from '../views/request.ts';
import { besideHead, cut, screenLines, styled, wrap } from '../views/screen.ts';
import { bodyText, tellRequest } from '../views/telling.ts';
import { shortRequestId } from './answer-commands.ts';
import { findSession, knownState, refuseEnded, sessionsMeant, sessionTitle } from './sessions.ts';
import { type CommandContext, type Terminal, writeJson } from './terminal.ts';

export type Asked = { readonly session: Session; readonly request: PermissionRequest };

const ID_PREFIX = /^[0-9a-f-]{1,36}$/i;
/** Columns for the names of a tool's arguments. */
const NAME_WIDTH_MAX = 20;

/**
 * The pending request that a person means by its id or the beginning of that, or by a session that asks only once. If
 * the session asks several times, shows the requests.
 *
 * @throws SessionError if that is not one pending request; it says why
 */
export async function askedRequest(context: CommandContext): Promise<Asked> {
  const inspection = knownState(context);
  const word = context.settings.operand ?? '';
  const byId = await requestsNamed(inspection, word);
  const pending = byId.filter(({ state }) => state === 'pending');
  const sessions = await sessionsMeant(inspection, word);
  if (sessions.length > 0) {
    if (pending.length > 0) throw ambiguous(word);
    return ofSession(context, inspection, await findSession(inspection, word));
  }
  const [only, ...others] = pending.length > 0 ? pending : byId;
  if (only === undefined) throw notFound(word);
  if (others.length > 0) throw ambiguous(word);
  if (only.state !== 'pending') throw answeredError(only, context.terminal.now());
  const session = await inspection.session(only.sessionId);
  if (session === undefined) throw notFound(word);
  return { session, request: only };
}

async function requestsNamed(
  inspection: Inspection,
  word: string,
): Promise<readonly PermissionRequest[]> {
  if (!ID_PREFIX.test(word)) return [];
  const found = await inspection.requestsWithPrefix(word.toLowerCase(), PENDING_PERMISSIONS_MAX);
  const exact = found.find(({ requestId }) => requestId === word.toLowerCase());
  return exact === undefined ? found : [exact];
}

async function ofSession(
  context: CommandContext,
  inspection: Inspection,
  session: Session,
): Promise<Asked> {
  const [request, ...others] = await inspection.permissionRequests(
    session,
    PENDING_PERMISSIONS_MAX,
  );
  if (request === undefined) {
    refuseEnded(session);
    throw new SessionError('NOT_FOUND', `session ${sessionTitle(session)} asks nothing now`, {
      hint: 'claude-sessions-mcp list shows which sessions ask.',
    });
  }
  if (others.length === 0) return { session, request };
  await listRequests(context, session, [request, ...others]);
  const message = `session ${sessionTitle(session)} asks ${others.length + 1} things`;
  throw new SessionError('INVALID_REQUEST', message, {
    hint: `name one: claude-sessions-mcp ${context.settings.command} ${shortRequestId(request.requestId)}`,
  });
}

async function listRequests(
  { settings, terminal }: CommandContext,
  session: Session,
  requests: readonly PermissionRequest[],
): Promise<void> {
  if (settings.commandFlags?.json === true) {
    return writeJson(terminal, { permissionRequests: requests.map(showRequest) });
  }
  const lines = requests.map((request) => {
    const told = tellRequest(request, session.options.workingDirectory);
    const [first = ''] = screenLines(bodyText(told));
    if (terminal.columns === undefined) {
      return [request.requestId, request.toolName, first].map(oneLine).join('\t');
    }
    return cut(`${shortRequestId(request.requestId)}  ${first}`, terminal.columns);
  });
  await terminal.write(lines.map((line) => `${line}\n`).join(''));
}

/** Everything that the tool would get, without cuts: what is allowed must have been shown. */
export function requestLines(terminal: Terminal, { request, session }: Asked): string {
  const { toolName, input, description, memory } = request;
  const head = `${sessionTitle(session)} asks to use ${oneLine(toolName)}  (request ${shortRequestId(request.requestId)})`;
  const rows = Object.entries(input).map(
    ([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
  );
  // Some tools have it among their arguments.
  const isShown = rows.some(([, text]) => text === description);
  const shown: readonly (readonly [string, string])[] = [
    ...rows,
    ...(isShown || description === undefined ? [] : [['about', description] as const]),
    ...(memory === undefined ? [] : [['for the session', memory.as] as const]),
  ];
  return [`${head}\n`, ...shown.map((row) => rowText(terminal, row))].join('');
}

function rowText(terminal: Terminal, [name, text]: readonly [string, string]): string {
  const { columns } = terminal;
  if (columns === undefined) return `${oneLine(name)}\t${oneLine(text)}\n`;
  const title = cut(oneLine(name), NAME_WIDTH_MAX - 2).padEnd(NAME_WIDTH_MAX);
  const lines = screenLines(text).flatMap((line) => wrap(line, columns - NAME_WIDTH_MAX));
  return besideHead(styled(terminal, 'dim', title), NAME_WIDTH_MAX, lines);
}

/** Why a request cannot be answered any more. */
export function answeredError(request: PermissionRequest, now: number): SessionError {
  const { requestId, toolName, state, answeredAt, message } = request;
  const age = answeredAt === undefined ? '' : ago(now - answeredAt);
  const when = age === '' ? '' : ` ${age === 'now' ? 'just now' : age}`;
  const by = byWhom(request);
  const answered = `was already ${state}${when}${by && ` ${by}`}`;
  const why = message === undefined || state === 'closed' ? '' : `: ${oneLine(message)}`;
  const end = {
    pending: 'is pending',
    allowed: answered,
    denied: answered,
    expired: `expired${when}`,
    closed: `was closed${when}, when its turn ended`,
  }[state];
  return new SessionError('CONFLICT', `request ${requestId} (${oneLine(toolName)}) ${end}${why}`, {
    hint: 'nothing was changed; claude-sessions-mcp list shows which sessions ask now.',
  });
}

function notFound(word: string): SessionError {
  return new SessionError('NOT_FOUND', `no request and no session ${quoteId(word)}`, {
    hint: 'claude-sessions-mcp list shows which sessions ask, and show ID what.',
  });
}

function ambiguous(word: string): SessionError {
  return new SessionError(
    'INVALID_REQUEST',
    `${quoteId(word)} may mean several requests or sessions`,
    {
      hint: 'give more of the id.',
    },
  );
}
