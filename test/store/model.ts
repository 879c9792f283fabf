/** The rows of one session and the sums over it, as the simplest store would keep them, and what may happen to it. */

import fc from 'fast-check';
import { SessionError } from '../../src/errors.ts';
import { decide, type SessionCommand, type SessionState } from '../../src/session/decide.ts';
import type { EventBody, PermissionRequest, Turn } from '../../src/session/event.ts';
import type { Session } from '../../src/session/session.ts';
import { NO_USAGE } from '../../src/session/usage.ts';
import { draftOf } from '../../src/store/draft.ts';
import type { RowChange } from '../../src/store/projection.ts';
import type { Sums } from '../../src/store/store.ts';
import { changed, NO_SUMS, type SumChange } from '../../src/store/sums.ts';
import { creation } from './fixtures.ts';

/** In every kind of scope. */
export const MADE = { mcpSessionId: 'm', taskId: 'a', labels: { k: 'v' } };

export class Model {
  readonly id: string;
  /** The legal commands so far. */
  readonly commands: SessionCommand[] = [];
  readonly turns = new Map<string, Turn & { prompt: string }>();
  readonly requests = new Map<string, PermissionRequest>();
  readonly tasks = new Set<string>();
  readonly labels: Record<string, string> = {};
  readonly sums = new Map<string, Sums>();
  #session: Session | undefined;

  constructor(id: string) {
    this.id = id;
  }

  get session(): Session {
    if (this.#session === undefined) throw new Error('not created');
    return this.#session;
  }

  get openTurns() {
    return [...this.turns.values()].filter(
      ({ state }) => state === 'queued' || state === 'running',
    );
  }

  get openRequests() {
    return [...this.requests.values()].filter(({ state }) => state === 'pending');
  }

  get state(): SessionState {
    const { session, openTurns, openRequests } = this;
    return { session, openTurns, openRequests, remembered: 0 };
  }

  write(bodies: readonly EventBody[], at: number): void {
    const loaded = { sessionId: this.id, session: this.#session, openTurns: this.openTurns };
    const draft = draftOf(loaded, bodies, at, null);
    for (const change of draft.rows) this.#change(change);
    this.count(draft.sums);
    this.#session = draft.session;
  }

  count(changes: readonly SumChange[]): void {
    for (const change of changes) {
      const sums = changed(this.sums.get(change.scope) ?? NO_SUMS, change);
      if (sums.metrics.totalSessions === 0) this.sums.delete(change.scope);
      else this.sums.set(change.scope, sums);
    }
  }

  #change(change: RowChange): void {
    switch (change.kind) {
      case 'insert_turn':
        this.turns.set(change.turn.id, { ...change.turn, prompt: change.prompt });
        return;
      case 'start_turn':
      case 'requeue_turn':
      case 'end_turn': {
        // The prompt has a column of its own, which is emptied at the end.
        if ('prompt' in change.turn) throw new Error('a turn has its prompt in its record');
        const { prompt = 'never queued' } = this.turns.get(change.turn.id) ?? {};
        this.turns.set(change.turn.id, { ...change.turn, prompt });
        return;
      }
      case 'insert_request':
      case 'answer_request':
        this.requests.set(change.request.requestId, change.request);
        return;
      case 'label':
        this.labels[change.key] = change.value;
        return;
      case 'unlabel':
        for (const key of Object.keys(this.labels)) delete this.labels[key];
        return;
      case 'link':
        this.tasks.add(change.taskId);
        return;
      case 'unlink':
        this.tasks.delete(change.taskId);
        return;
      case 'put_first':
      case 'remember':
      case 'served':
        return;
    }
  }
}

/** A command for a session as it is; `name` is new, for a turn or a request. */
type Make = (model: Model, name: string) => SessionCommand;

const turnIn = ({ openTurns }: Model, state: Turn['state']) =>
  openTurns.find((turn) => turn.state === state)?.id ?? 'none';
const tokens = { ...NO_USAGE, inputTokens: 3, costUsd: 0.5 };
const failure = new SessionError('UNAVAILABLE', 'x').toFailure();
const word = fc.constantFrom('a', 'b', 'c');
const always = (make: Make): fc.Arbitrary<Make> => fc.constant(make);

const goingOn = fc.oneof(
  fc.tuple(word, fc.boolean()).map(([prompt, next]): Make => {
    return (_, turnId) => ({ type: 'queue_prompt', turnId, prompt, next });
  }),
  always((model) => {
    return { type: 'start_turn', turnId: turnIn(model, 'queued'), origin: 'prompt' };
  }),
  always((_, turnId) => ({ type: 'start_turn', turnId, origin: 'autonomous' })),
  fc
    .tuple(fc.constantFrom('completed', 'failed', 'lost', 'interrupted'), word)
    .map(([state, name]): Make => {
      const outcome = { state, usage: tokens, usageByModel: { [name]: tokens } } as const;
      return (model) => ({ type: 'end_turn', turnId: turnIn(model, 'running'), outcome });
    }),
  fc.boolean().map((crashed): Make => {
    return (model) => {
      return { type: 'requeue_turn', turnId: turnIn(model, 'running'), text: 'x', crashed };
    };
  }),
  always((model) => ({ type: 'cancel_prompt', turnId: turnIn(model, 'queued') })),
  fc.tuple(fc.constantFrom('link_task', 'unlink_task'), word).map(([type, taskId]): Make => {
    return () => ({ type, taskId });
  }),
  fc.option(word).map(
    (mcpSessionId): Make =>
      () => ({ type: 'tie', mcpSessionId }),
  ),
  always((_, requestId) => {
    const request = { requestId, turnId: null, toolName: 'Bash', input: {}, expiresAt: 0 };
    return { type: 'request_permission', request };
  }),
  always(({ openRequests }) => {
    const requestId = openRequests[0]?.requestId ?? 'none';
    return { type: 'answer_permission', requestId, answer: { state: 'allowed' } };
  }),
  fc.tuple(word, word).map(([name, label]): Make => {
    return () => ({ type: 'update', asked: { name, labels: { [label]: name } } });
  }),
  always(() => ({ type: 'fail', error: failure })),
);
const end = always(() => ({ type: 'end', reason: 'over' }));
const commands = fc.oneof({ weight: 40, arbitrary: goingOn }, { weight: 1, arbitrary: end });

/** What happens to a session, as a function of its id: 10 to 40 commands, of which the legal ones count. */
export const lives = fc
  .array(commands, { minLength: 10, maxLength: 40 })
  .map((made) => (id: string): Model => {
    const model = new Model(id);
    model.write(creation(MADE), 0);
    for (const [n, make] of made.entries()) {
      const command = make(model, `${id}.${n}`);
      try {
        model.write(decide(model.state, command, n), n);
        model.commands.push(command);
      } catch (error) {
        if (!(error instanceof SessionError)) throw error;
      }
    }
    return model;
  });
