import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClaudeCodeSession, SessionError, type SessionManager } from '../../src/index.ts';
import { controllerOf, newHost } from './host.ts';
import { Model, observeModel, WORDS } from './model.ts';

/** The same call on both sides, each answering a value or throwing. */
type Step = {
  model: (model: Model) => unknown;
  real: (manager: SessionManager) => unknown;
};
type World = { host: ReturnType<typeof newHost>; aborts: number[] };
type Command = { kind: number; pick: number; amount: number };

const AGES = [0, 1, 5, 50, 3_600_000, -1, Number.NaN];
const JUMPS = [-86_400_000, -7, 7, 86_400_000, 400 * 86_400_000];

/** `amount` chooses among the session ids: those that exist, those that ended, one that never was. */
function idOf({ amount }: Command, model: Model): string {
  return `claude_${(amount % (model.sessions.length + 1)) + 1}`;
}

type Maker = (id: string, pick: number, world: World) => Step;

const CREATE: Maker = () => ({
  model: (model) => model.create(),
  real: (manager) => void manager.createSession(),
});

const MAKERS: readonly Maker[] = [
  CREATE,
  CREATE,
  (id, pick) => ({
    model: (model) => model.setStatus(id, WORDS[pick % 7] ?? ''),
    real: (manager) => manager.updateStatus(id, (WORDS[pick % 7] ?? '') as 'ready'),
  }),
  (id) => ({
    model: (model) => model.setStatus(id, 'busy'),
    real: (manager) => manager.updateStatus(id, 'busy'),
  }),
  (id) => ({
    model: (model) => model.change(id, {}),
    real: (manager) => manager.updateActivity(id),
  }),
  (id, pick) => ({
    model: (model) => model.change(id, { taskId: `t${pick % 3}` }),
    real: (manager) => manager.setTaskId(id, `t${pick % 3}`),
  }),
  (id, pick) => ({
    model: (model) => model.change(id, { mcpSessionId: `m${pick % 3}` }),
    real: (manager) => manager.setMcpSessionId(id, `m${pick % 3}`),
  }),
  (id, pick) => ({
    model: (model) => {
      model.change(id, {});
      model.live(id).output.push(`${pick}`);
    },
    real: (manager) => manager.appendOutput(id, 'output', `${pick}`),
  }),
  (id, pick, { aborts }) => ({
    model: (model) => {
      const session = model.live(id);
      if (session.status === 'busy' && session.hasController) session.aborts += 1;
      session.hasController = true;
    },
    real: (manager) => manager.setAbortController(id, countingController(id, pick, aborts)),
  }),
  (id) => ({ model: (model) => model.end(id), real: (manager) => void manager.endSession(id) }),
  (_, pick) => {
    const age = AGES[pick % 7] ?? 0;
    return {
      model: (model) => {
        if (!(age >= 0)) throw new Error('INVALID_REQUEST');
        return model.cleanup(age);
      },
      real: (manager) => manager.cleanupOldSessions(age),
    };
  },
  (_, pick, { host }) => passing(host, 'wallMs', JUMPS[pick % 5] ?? 0),
  (_, pick, { host }) => passing(host, 'elapsedMs', pick * pick),
];

/** Counts its aborts under the session's number, and throws at some. */
function countingController(id: string, pick: number, aborts: number[]): AbortController {
  const index = Number(id.slice('claude_'.length)) - 1;
  return controllerOf(() => {
    aborts[index] = (aborts[index] ?? 0) + 1;
    if (pick % 2 === 0) throw new Error('broken');
  });
}

function passing(host: World['host'], clock: 'wallMs' | 'elapsedMs', ms: number): Step {
  return {
    model: (model) => {
      model[clock] += ms;
    },
    real: () => {
      host.clock[clock] += ms;
    },
  };
}

/** What came of a call: its value, or the code of its error. */
function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (error instanceof SessionError) return error.code;
    return error instanceof Error ? error.message : error;
  }
}

function plainOf(session: ClaudeCodeSession | undefined) {
  if (session === undefined) return undefined;
  const { id, status, taskId, mcpSessionId, outputBuffer, createdAt, lastActivity } = session;
  return [
    id,
    status,
    taskId,
    mcpSessionId,
    outputBuffer,
    createdAt.getTime(),
    lastActivity.getTime(),
  ];
}

function observeReal({ host, aborts }: World, ids: readonly string[]) {
  const { manager } = host;
  return {
    all: manager.getAllSessions().map(plainOf),
    found: ids.map((id) => plainOf(manager.findSession(id))),
    metrics: manager.getMetrics(),
    aborts: ids.map((_, index) => aborts[index] ?? 0),
  };
}

const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.record({
    kind: fc.nat({ max: MAKERS.length - 1 }),
    pick: fc.nat({ max: 34 }),
    amount: fc.nat({ max: 59 }),
  }),
  { maxLength: 30, size: 'max' },
);

/** Runs the commands on both sides and compares everything a caller can see after each. */
function compare(sequence: readonly Command[]): void {
  const world: World = { host: newHost(), aborts: [] };
  const model = new Model(world.host.clock.wallMs);
  const held: { session: ClaudeCodeSession; was: string }[] = [];
  for (const command of sequence) {
    const step = (MAKERS[command.kind] ?? CREATE)(idOf(command, model), command.pick, world);
    const answers = [
      outcome(() => step.model(model)),
      outcome(() => step.real(world.host.manager)),
    ] as const;
    const ids = model.sessions.map(({ id }) => id);
    const [expected, actual] = [observeModel(model), observeReal(world, ids)];
    // Strings first, since a deep comparison costs ten times as much.
    if (JSON.stringify([answers[1], actual]) !== JSON.stringify([answers[0], expected])) {
      expect({ answer: answers[1], ...actual }).toEqual({ answer: answers[0], ...expected });
      throw new Error('both sides differ in their order only');
    }
    const session = world.host.manager.getAllSessions().at(-1);
    if (session !== undefined) held.push({ session, was: JSON.stringify(plainOf(session)) });
  }
  for (const { session, was } of held) expect(JSON.stringify(plainOf(session))).toBe(was);
}

describe('SessionManager', () => {
  it('is at every step what a naive model says, and never changes a session it gave out', () => {
    fc.assert(fc.property(commands, compare), { numRuns: 20_000 });
  }, 180_000);
});
