/** Follows the turn of a prompt that was sent from the terminal. */

import type { Operator } from '../operator.ts';
import { SERVER_LOOKS_MAX, STORE_POLL_MS } from '../process-limits.ts';
import { isOver } from '../service/reader.ts';
import type { Sent } from '../service/turns.ts';
import { Signal } from '../service/waiters.ts';
import type { PermissionRequest, SessionEvent, Turn } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import type { Inspection } from '../store/inspection.ts';
import { oneLine, visible } from '../text.ts';
import { bodyText, tellRequest } from '../views/telling.ts';
import { answerText } from './answer-commands.ts';
import type { Terminal } from './terminal.ts';

const PAGE_EVENTS = 500;

export type Sending = {
  readonly terminal: Terminal;
  readonly operator: Operator;
  readonly inspection: Inspection;
  readonly session: Session;
  readonly sent: Sent;
};

export type Followed = {
  readonly turn: Turn;
  /** What Claude has said in it. */
  readonly text: string;
  /** False if nobody is there to run it. */
  readonly isServed: boolean;
};

/** The turn as soon as it is known whether somebody takes care of it. */
export async function turnBegun({ operator, inspection, sent }: Sending): Promise<Followed> {
  const watch = new ServerWatch(operator);
  for await (const isTick of changes(inspection)) {
    const turn = await operator.turnNow(sent.turn);
    const isServed = await watch.look(turn, isTick);
    if (isServed !== undefined) return { turn, text: '', isServed };
  }
  throw new Error('a state directory has no end');
}

/** The turn when it has ended, or when nobody is there to run it. Meanwhile, shows what Claude says and asks. */
export async function turnEnd(sending: Sending, isShown: boolean): Promise<Followed> {
  const { terminal, operator, inspection, session, sent } = sending;
  const watch = new ServerWatch(operator);
  const said: string[] = [];
  let seen = sent.after;
  if (session.pendingPermissions > 0) {
    terminal.note(`The session asks already: see claude-sessions-mcp show ${session.id}`);
  }
  for await (const isTick of changes(inspection)) {
    // Read before its events: if it has ended, all of them are there.
    const turn = await operator.turnNow(sent.turn);
    for await (const event of eventsAfter(inspection, session.id, seen)) {
      seen = event.seq;
      const text = saidIn(sending, event);
      if (text !== undefined) said.push(text);
      if (text !== undefined && isShown) await terminal.write(`${visible(text)}\n`);
    }
    const isServed = isOver(turn) || (await watch.look(turn, isTick));
    const followed = { turn, text: said.join('\n') };
    if (isServed === false || isOver(turn)) return { ...followed, isServed: isServed !== false };
  }
  throw new Error('a state directory has no end');
}

/** What Claude says in the turn with this event. Tells the person what it asks. */
function saidIn(sending: Sending, event: SessionEvent): string | undefined {
  if (event.type === 'permission_requested') tellAsked(sending, event.request);
  const isOurs = event.type === 'text' && event.turnId === sending.sent.turn.id;
  return isOurs ? event.text : undefined;
}

function tellAsked({ terminal, session }: Sending, request: PermissionRequest): void {
  const asks = oneLine(bodyText(tellRequest(request, session.options.workingDirectory)));
  terminal.note(`asks: ${asks}`);
  terminal.note(`      ${answerText(request)}`);
}

/**
 * Finds out whether a server takes care of a turn. An idle server leaves no trace in the store: it shows by taking the
 * turn, so that several looks are needed.
 */
class ServerWatch {
  readonly #operator: Operator;
  #looks = 0;

  constructor(operator: Operator) {
    this.#operator = operator;
  }

  /**
   * @param isTick whether time has passed since the last look
   * @returns undefined if it is not known yet
   */
  async look(turn: Turn, isTick: boolean): Promise<boolean | undefined> {
    if (turn.state !== 'queued' || (await this.#operator.isServed())) {
      this.#looks = 0;
      return true;
    }
    if (isTick) this.#looks += 1;
    return this.#looks < SERVER_LOOKS_MAX ? undefined : false;
  }
}

/** Yields at once, after each change, and now and then, which is what `true` says. Keeps the process alive. */
async function* changes(inspection: Inspection): AsyncGenerator<boolean> {
  const news = new Signal();
  let ticks = 0;
  const stop = inspection.subscribe(() => news.fire());
  const poll = setInterval(() => {
    ticks += 1;
    news.fire();
  }, STORE_POLL_MS);
  try {
    for (let seen = 0; ; ) {
      const heard = news.next();
      const isTick = ticks > seen;
      seen = ticks;
      yield isTick;
      await heard;
    }
  } finally {
    stop();
    clearInterval(poll);
  }
}

async function* eventsAfter(
  inspection: Inspection,
  sessionId: string,
  after: number,
): AsyncGenerator<SessionEvent> {
  for (let seen = after; ; ) {
    const page = await inspection.events(sessionId, seen, PAGE_EVENTS);
    const last = page.at(-1);
    if (last === undefined) return;
    yield* page;
    seen = last.seq;
  }
}
