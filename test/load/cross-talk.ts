/** Many MCP sessions with many Claude sessions each, made at once: each sees its own, all of them, and no other's. */

import { Caller, inTurns, type Wire } from './wire.ts';

const WIDTH = 64;
const PAGE = 200;

type Session = {
  readonly id: string;
  readonly name?: string;
  readonly mcpSessionId: string | null;
};
type Page = { readonly sessions: readonly Session[]; readonly nextCursor?: string };

export type CrossTalk = {
  readonly mcpSessions: number;
  readonly claudeSessions: number;
  readonly createdPerSecond: number;
  readonly foreignLooks: number;
};

type Place = {
  readonly wire: Wire;
  readonly tokens: readonly string[];
  readonly violations: string[];
};

export async function checkCrossTalk(
  { wire, tokens, violations }: Place,
  { mcpSessions, each }: { readonly mcpSessions: number; readonly each: number },
): Promise<CrossTalk> {
  const callers: Caller[] = [];
  await inTurns(mcpSessions, WIDTH, async (n) => {
    callers[n] = await Caller.open(wire, tokens[n % tokens.length] ?? '');
  });
  const claudeSessions = mcpSessions * each;
  const made = new Map<Caller, Set<string>>(callers.map((caller) => [caller, new Set()]));
  const began = performance.now();
  await inTurns(claudeSessions, WIDTH, async (n) => {
    // One after the other of the MCP sessions, so that all of them create at any time.
    const caller = callers[n % mcpSessions];
    const answer = await caller?.call<{ session: Session }>('create_session', {
      name: nameOf(caller, n),
    });
    const session = answer?.data.session;
    if (caller === undefined || session === undefined) return;
    if (session.name !== nameOf(caller, n) || session.mcpSessionId !== caller.session) {
      violations.push(`${caller.session} was answered ${JSON.stringify(session)}`);
    }
    made.get(caller)?.add(session.id);
  });
  const createdPerSecond = Math.round((claudeSessions * 1000) / (performance.now() - began));
  await inTurns(mcpSessions, WIDTH, async (n) => {
    const caller = callers[n];
    if (caller !== undefined)
      violations.push(...(await checkOwn(caller, made.get(caller) ?? new Set())));
  });
  for (const token of tokens) violations.push(...(await checkPrincipal(token, callers, made)));
  const foreignLooks = await lookAtForeign(callers, made, violations);
  await inTurns(mcpSessions, WIDTH, async (n) => callers[n]?.close());
  return { mcpSessions, claudeSessions, createdPerSecond, foreignLooks };
}

const nameOf = (caller: Caller, n: number) => `${caller.token.slice(0, 8)} ${n}`;

/** What is tied to this MCP session must be what it made. */
async function checkOwn(caller: Caller, own: ReadonlySet<string>): Promise<string[]> {
  const seen = await listAll(caller, 'mine');
  const strangers = seen.filter(
    ({ id, mcpSessionId }) => !own.has(id) || mcpSessionId !== caller.session,
  );
  const missing = own.size - (seen.length - strangers.length);
  if (strangers.length === 0 && missing === 0) return [];
  return [`${caller.session} sees ${strangers.length} strangers and misses ${missing} of its own`];
}

/** What a principal sees must be what its MCP sessions made, in the list and in the sums. */
async function checkPrincipal(
  token: string,
  callers: readonly Caller[],
  made: ReadonlyMap<Caller, ReadonlySet<string>>,
): Promise<string[]> {
  const of = callers.filter((caller) => caller.token === token);
  const own = new Set(of.flatMap((caller) => [...(made.get(caller) ?? [])]));
  const [first] = of;
  if (first === undefined) return [];
  const seen = await listAll(first, 'all');
  const { data } = await first.call<{ totalSessions: number }>('get_metrics');
  const isRight =
    seen.length === own.size &&
    seen.every(({ id }) => own.has(id)) &&
    data.totalSessions === own.size;
  return isRight
    ? []
    : [`${token.slice(0, 8)} sees ${seen.length} and counts ${data.totalSessions} of ${own.size}`];
}

async function listAll(caller: Caller, scope: 'mine' | 'all'): Promise<readonly Session[]> {
  const sessions: Session[] = [];
  for (let cursor: string | undefined; ; ) {
    const args = { scope, limit: PAGE, ...(cursor !== undefined && { cursor }) };
    const { data } = await caller.call<Page>('list_sessions', args);
    sessions.push(...data.sessions);
    if (data.nextCursor === undefined) return sessions;
    cursor = data.nextCursor;
  }
}

/** Each asks for a session of the next one's principal. */
async function lookAtForeign(
  callers: readonly Caller[],
  made: ReadonlyMap<Caller, ReadonlySet<string>>,
  violations: string[],
): Promise<number> {
  let looks = 0;
  await inTurns(callers.length, WIDTH, async (n) => {
    const caller = callers[n];
    const other = callers[(n + 1) % callers.length];
    if (caller === undefined || other === undefined || other.token === caller.token) return;
    const [sessionId] = made.get(other) ?? [];
    const { message } = await caller.raw('get_session', { sessionId });
    looks += 1;
    if (!JSON.stringify(message).includes('SESSION_NOT_FOUND')) {
      violations.push(`${caller.session} was shown ${sessionId}`);
    }
  });
  return looks;
}
