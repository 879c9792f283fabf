import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ClaudeCodeSession, SessionError } from '../../src/index.ts';
import { controllerOf, newHost } from './host.ts';
import { Model, WORDS } from './model.ts';

/** Both sides, with every session that was ever made: an ended one is still held by somebody. */
class World {
  readonly host = newHost();
  readonly model = new Model(this.host.clock.wallMs);
  readonly held: ClaudeCodeSession[] = [];
  readonly aborts: number[] = [];

  create(): void {
    this.held.push(this.host.manager.createSession());
    this.aborts.push(0);
  }

  session(id: string): ClaudeCodeSession {
    const session = this.held.find((one) => one.id === id);
    if (session === undefined) throw new Error('nobody holds it');
    return session;
  }

  pass(clock: 'wallMs' | 'elapsedMs', ms: number): void {
    this.model[clock] += ms;
    this.host.clock[clock] += ms;
  }

  /** Counts its aborts under the session's number, and throws at some. */
  controller(id: string, throws: boolean): AbortController {
    const index = Number(id.slice('claude_'.length)) - 1;
    return controllerOf(() => {
      this.aborts[index] = (this.aborts[index] ?? 0) + 1;
      if (throws) throw new Error('broken');
    });
  }
}

type Side = () => unknown;
/** The same call on the model and on the manager; `n` chooses its arguments. */
type Step = (world: World, id: string, n: number) => readonly [Side, Side];

const AGES = [0, 1, 5, 50, 3_600_000, -1, Number.NaN];
const JUMPS = [-86_400_000, -7, 7, 86_400_000, 400 * 86_400_000];
const NOTHING = [() => {}, () => {}] as const;

const create: Step = (world) => [() => world.model.create(), () => world.create()];

const STEPS: readonly Step[] = [
  create,
  create,
  ({ model, host }, id, n) => {
    const word = WORDS[n % 7] ?? '';
    return [() => model.setStatus(id, word), () => host.manager.updateStatus(id, word as 'ready')];
  },
  ({ model, host }, id) => [
    () => model.setStatus(id, 'busy'),
    () => host.manager.updateStatus(id, 'busy'),
  ],
  ({ model, host }, id) => [() => model.change(id, {}), () => host.manager.updateActivity(id)],
  ({ model, host }, id, n) => [
    () => model.change(id, { taskId: `t${n % 3}` }),
    () => host.manager.setTaskId(id, `t${n % 3}`),
  ],
  ({ model, host }, id, n) => [
    () => model.change(id, { mcpSessionId: `m${n % 3}` }),
    () => host.manager.setMcpSessionId(id, `m${n % 3}`),
  ],
  (world, id, n) => [
    () => world.model.push(id, `${n}`),
    () => world.session(id).outputBuffer.push(`${n}`),
  ],
  (world, id, n) => [
    () => world.model.setController(id),
    () => {
      world.session(id).abortController = world.controller(id, n % 2 === 0);
    },
  ],
  ({ model, host }, id) => [() => model.end(id), () => void host.manager.endSession(id)],
  ({ model, host }, _id, n) => {
    const age = AGES[n % 7] ?? 0;
    return [() => model.cleanup(age), () => host.manager.cleanupOldSessions(age)];
  },
  (world, _id, n) => {
    world.pass('wallMs', JUMPS[n % 5] ?? 0);
    return NOTHING;
  },
  (world, _id, n) => {
    world.pass('elapsedMs', n * n);
    return NOTHING;
  },
];

/** What came of a call: its value, or the code of its error. */
function outcome(call: Side): unknown {
  try {
    return call();
  } catch (error) {
    if (error instanceof SessionError) return error.code;
    return error instanceof Error ? error.message : error;
  }
}

/** What callers can see on each side. */
function seen({ model, host, held, aborts }: World) {
  const live = model.sessions.filter(({ status }) => status !== 'terminated').map(({ id }) => id);
  const expected = {
    sessions: model.sessions.map((one) => [
      [one.id, one.status, one.taskId, one.mcpSessionId, one.output],
      [one.createdAt, one.lastActivity, one.aborts, live.includes(one.id)],
    ]),
    all: live,
    metrics: model.metrics(),
  };
  const actual = {
    sessions: held.map((one, index) => [
      [one.id, one.status, one.taskId, one.mcpSessionId, one.outputBuffer],
      [
        one.createdAt.getTime(),
        one.lastActivity.getTime(),
        aborts[index],
        host.manager.findSession(one.id) === one,
      ],
    ]),
    all: host.manager.getAllSessions().map(({ id }) => id),
    metrics: host.manager.getMetrics(),
  };
  return { expected, actual };
}

const commands = fc.array(
  fc.record({
    step: fc.constantFrom(...STEPS),
    /** Chooses among the sessions that exist, those that ended and one that never was. */
    pick: fc.nat({ max: 59 }),
    n: fc.nat({ max: 34 }),
  }),
  { maxLength: 30, size: 'max' },
);

it('the sessions of a manager are at every step what a naive model says, ended ones included', () => {
  fc.assert(
    fc.property(commands, (sequence) => {
      const world = new World();
      for (const { step, pick, n } of sequence) {
        const id = `claude_${(pick % (world.held.length + 1)) + 1}`;
        const [expected, actual] = step(world, id, n).map(outcome);
        const both = seen(world);
        // Strings first, because a deep comparison costs ten times as much.
        if (JSON.stringify([actual, both.actual]) !== JSON.stringify([expected, both.expected])) {
          expect([actual, both.actual]).toEqual([expected, both.expected]);
          throw new Error('the two sides differ in their order only');
        }
      }
    }),
    { numRuns: 20_000 },
  );
}, 180_000);
