/** Many MCP sessions with many Claude sessions each, made at once: each sees its own, all of them, and no other's. */

import { inTurns } from '../rig/run.ts';
import { HttpCaller, type HttpTarget } from '../support/client/http-wire.ts';
import type { SessionView } from '../support/client/tools.ts';

const WIDTH = 64;
const PAGE = 200;

/** One MCP session, its principal, and the Claude sessions that it has made. */
type Member = { readonly caller: HttpCaller; readonly token: string; readonly own: Set<string> };

type Options = {
  readonly mcpSessions: number;
  readonly each: number;
  readonly violations: string[];
};

export async function checkCrossTalk(
  target: HttpTarget,
  tokens: readonly string[],
  { mcpSessions, each, violations }: Options,
) {
  const members: Member[] = [];
  await inTurns(mcpSessions, WIDTH, async (n) => {
    const token = tokens[n % tokens.length] ?? '';
    members[n] = { caller: await HttpCaller.open(target, token), token, own: new Set() };
  });
  const claudeSessions = mcpSessions * each;
  const began = performance.now();
  await inTurns(claudeSessions, WIDTH, async (n) => {
    // One after the other of the MCP sessions, so that all of them create at any time.
    const member = members[n % mcpSessions];
    if (member !== undefined) violations.push(...(await create(member, n)));
  });
  const createdPerSecond = Math.round((claudeSessions * 1000) / (performance.now() - began));
  await inTurns(mcpSessions, WIDTH, async (n) => {
    const member = members[n];
    if (member !== undefined) violations.push(...(await checkOwn(member)));
  });
  for (const token of tokens) {
    const its = members.filter((member) => member.token === token);
    violations.push(...(await checkPrincipal(its)));
  }
  let foreignLooks = 0;
  await inTurns(mcpSessions, WIDTH, async (n) => {
    const [member, other] = [members[n], members[(n + 1) % mcpSessions]];
    if (member === undefined || other === undefined || member.token === other.token) return;
    foreignLooks += 1;
    violations.push(...(await lookAtForeign(member, other)));
  });
  await inTurns(mcpSessions, WIDTH, async (n) => members[n]?.caller.close());
  return { mcpSessions, claudeSessions, createdPerSecond, foreignLooks };
}

async function create({ caller, own }: Member, n: number): Promise<string[]> {
  const name = `session ${n}`;
  const { session } = await caller.call('create_session', { name });
  own.add(session.id);
  const isRight = session.name === name && session.mcpSessionId === caller.session;
  return isRight ? [] : [`${caller.session} was answered ${JSON.stringify(session)}`];
}

/** What is tied to this MCP session must be what it made. */
async function checkOwn({ caller, own }: Member): Promise<string[]> {
  const seen = await listAll(caller, 'mine');
  const strangers = seen.filter(
    ({ id, mcpSessionId }) => !own.has(id) || mcpSessionId !== caller.session,
  );
  const missing = own.size - (seen.length - strangers.length);
  if (strangers.length === 0 && missing === 0) return [];
  return [`${caller.session} sees ${strangers.length} strangers and misses ${missing} of its own`];
}

/** What a principal sees must be what its MCP sessions made, in the list and in the sums. */
async function checkPrincipal(members: readonly Member[]): Promise<string[]> {
  const [first] = members;
  if (first === undefined) return [];
  const own = new Set(members.flatMap((member) => [...member.own]));
  const seen = await listAll(first.caller, 'all');
  const { totalSessions } = await first.caller.call('get_metrics');
  const isRight =
    seen.length === own.size && seen.every(({ id }) => own.has(id)) && totalSessions === own.size;
  if (isRight) return [];
  const name = first.token.slice(0, 8);
  return [`${name} sees ${seen.length} and counts ${totalSessions} of ${own.size}`];
}

async function listAll(caller: HttpCaller, scope: 'mine' | 'all'): Promise<readonly SessionView[]> {
  const sessions: SessionView[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await caller.call('list_sessions', { scope, limit: PAGE, cursor });
    sessions.push(...page.sessions);
    if (page.nextCursor === undefined) return sessions;
    cursor = page.nextCursor;
  }
}

/** Asks for a session of another principal. */
async function lookAtForeign({ caller }: Member, { own }: Member): Promise<string[]> {
  const [sessionId] = own;
  const { failure } = await caller.ask('get_session', { sessionId });
  return failure?.code === 'SESSION_NOT_FOUND' ? [] : [`${caller.session} was shown ${sessionId}`];
}
