/** What was acknowledged, against the log and the rows: found, and not undone. */

import type { EventRow } from './database.ts';
import type { Evidence } from './evidence.ts';
import type { Ack } from './load.ts';

type Kept = Pick<Evidence, 'ledger' | 'events' | 'sessions' | 'turns'>;

/** What must be so, and whether it is. */
type Fact = readonly [what: string, isSo: boolean | undefined];

export function effectsLost(kept: Kept): readonly string[] {
  const logs = Map.groupBy(kept.events, ({ sessionId }) => sessionId);
  const sessions = new Map(kept.sessions.map((session) => [session.id, session]));
  const turns = new Map(kept.turns.map(({ id, state }) => [id, state]));
  return kept.ledger.flatMap((ack) => {
    const session = sessions.get(ack.sessionId);
    const facts: readonly Fact[] = session
      ? factsOf(ack, { ...session, log: logs.get(ack.sessionId) ?? [], turns })
      : [['there is such a session', false]];
    const lost = facts.filter(([, isSo]) => !isSo).slice(0, 1);
    return lost.map(([what]) => `${ack.effect} of ${ack.sessionId}: not so that ${what}`);
  });
}

type Session = Evidence['sessions'][number] & {
  readonly log: readonly EventRow[];
  /** The states of all turns. */
  readonly turns: ReadonlyMap<string, string>;
};

function factsOf(ack: Ack, { status, record, log, turns }: Session): readonly Fact[] {
  const { effect, turnId = '', taskId, name, mcpSessionId, at } = ack;
  const logged = (type: string, fits: (event: EventRow) => boolean = () => true): Fact => [
    `its ${type} is in the log`,
    log.some((event) => event.type === type && fits(event)),
  ];
  const isOfTurn = (event: EventRow) => event.turnId === turnId;
  const isTied = ({ body }: EventRow) => body.mcpSessionId === mcpSessionId;
  const prompt: readonly Fact[] = [
    [`turn ${turnId} is a row`, turns.has(turnId)],
    logged('prompt_queued', isOfTurn),
  ];
  const link: readonly Fact[] = [
    [`task ${taskId} is linked`, Array.isArray(record.taskIds) && record.taskIds.includes(taskId)],
    logged('task_linked', ({ body }) => body.taskId === taskId),
  ];
  switch (effect) {
    case 'create':
      return [logged('session_created'), ...(ack.turnId ? prompt : []), ...(taskId ? link : [])];
    case 'prompt':
      return prompt;
    case 'link':
      return link;
    case 'update':
      return [logged('session_updated', ({ body }) => Object(body.changes).name === name)];
    case 'interrupt': {
      // It was answered once the turn had stopped, or was back in the queue.
      const hasStopped = (event: EventRow) =>
        event.at <= at && (event.type === 'turn_ended' || event.body.requeued === true);
      const isSo = !ack.turnId || log.some((event) => isOfTurn(event) && hasStopped(event));
      return [[`turn ${turnId} had stopped by then`, isSo]];
    }
    case 'cancel':
      return [
        [`turn ${turnId} is cancelled`, turns.get(turnId) === 'cancelled'],
        logged('prompt_cancelled', isOfTurn),
      ];
    case 'attach': {
      // Attaching what is tied already changes nothing.
      const [, isCreatedSo] = logged('session_created', isTied);
      return isCreatedSo ? [] : [logged('session_tied', isTied)];
    }
    case 'end':
      return [['it is terminated', status === 'terminated'], logged('session_ended')];
  }
}
