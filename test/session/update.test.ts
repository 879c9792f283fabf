import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { modeOf } from '../../src/session/mode.ts';
import { EFFORTS, PERMISSION_MODES, type PermissionMode } from '../../src/session/options.ts';
import type { Session } from '../../src/session/session.ts';
import { optionsNow, optionsToTell, type Update, update } from '../../src/session/update.ts';
import { append, CREATED, newSession, newState, run } from './log.ts';

const RULES = fc.array(fc.constantFrom('Read', 'Bash(git *)'), { maxLength: 2 });

const updates: fc.Arbitrary<Update> = fc.record(
  {
    name: fc.constantFrom('a', 'b'),
    labels: fc.constantFrom<Readonly<Record<string, string>>>({}, { a: 'b' }),
    model: fc.constantFrom('opus', 'haiku'),
    effort: fc.constantFrom(...EFFORTS),
    permissionMode: fc.constantFrom(...PERMISSION_MODES),
    allowedTools: RULES,
    disallowedTools: RULES,
    maxBudgetUsd: fc.constantFrom(1, 2),
    timeout: fc.constantFrom(1000, 2000),
    onDisconnect: fc.constantFrom('detach', 'end'),
  },
  { requiredKeys: [] },
);

function updated(session: Session, ...asked: readonly Update[]): Session {
  return asked.reduce<Session>((before, each) => append(before, ...update(before, each)), session);
}

function reached(session: Session, mode: PermissionMode, times: number): Session {
  return run({ ...newState(), session }, { type: 'reach_mode', mode, times }).session;
}

describe('a change of a session', () => {
  test('is in force for whoever reads the log, value by value, and the same again changes nothing', () => {
    fc.assert(
      fc.property(fc.array(updates, { maxLength: 8 }), (all) => {
        const session = updated(newSession(), ...all);
        const { name, labels, permissionMode = 'default', ...options } = Object.assign({}, ...all);
        expect(optionsNow(session)).toMatchObject({ ...CREATED.options, ...options });
        expect(modeOf(session)).toBe(permissionMode);
        expect(session.name).toBe(name);
        expect(session.labels).toEqual(labels ?? {});
        expect(session.options).toEqual(CREATED.options);
        for (const asked of all.slice(-1)) expect(update(session, asked)).toEqual([]);
      }),
    );
  });

  test('reaches a process that was told any earlier state with what differs, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(updates), fc.array(updates), (before, after) => {
        const then = updated(newSession(), ...before);
        const now = updated(then, ...after);
        const told = optionsToTell(then, now);
        expect({ ...optionsNow(then), ...told }).toEqual(optionsNow(now));
        expect(optionsToTell(now, now)).toEqual({});
      }),
    );
  });

  test('stands in the record as earlier versions write it, which put all changes beside the rest', () => {
    fc.assert(
      fc.property(updates, (asked) => {
        const session = newSession();
        const [event] = update(session, asked);
        const changes = event?.type === 'session_updated' ? event.changes : {};
        const lastSeq = session.lastSeq + (event ? 1 : 0);
        expect(updated(session, asked)).toEqual({ ...session, lastSeq, ...changes });
      }),
    );
  });

  test('is said with its new values only', () => {
    const session = updated(newSession(), { model: 'opus', timeout: 1000 });
    expect(update(session, { model: 'opus', timeout: 2000 })).toEqual([
      { type: 'session_updated', changes: { timeout: 2000 } },
    ]);
  });

  test('is refused if the model would fall back to itself', () => {
    const session = newSession();
    const withFallback = { ...session, options: { ...session.options, fallbackModel: 'haiku' } };
    expect(() => update(withFallback, { model: 'haiku' })).toThrow('fallbackModel');
    expect(update(withFallback, { model: 'opus' })).toHaveLength(1);
  });
});

describe('a mode that the caller chooses', () => {
  test('is where a way back from a plan leads from then on', () => {
    const edits = updated(newSession(), { permissionMode: 'acceptEdits' });
    const planning = reached(edits, 'plan', 1);
    expect(modeOf(planning)).toBe('plan');
    expect(modeOf(reached(planning, 'acceptEdits', 1))).toBe('acceptEdits');
    expect(modeOf(reached(planning, 'bypassPermissions', 1))).toBe('plan');
  });

  test('is left for the one before it, if it is a plan that is approved', () => {
    const edits = updated(newSession(), { permissionMode: 'acceptEdits' });
    const planning = updated(edits, { permissionMode: 'plan' });
    expect(modeOf(reached(planning, 'acceptEdits', 2))).toBe('acceptEdits');
    expect(modeOf(reached(planning, 'default', 2))).toBe('default');
  });

  test('wins over what the process did before it knew of it, but not over what it did later', () => {
    const planning = updated(newSession(), { permissionMode: 'plan' });
    const [early, late] = [reached(planning, 'default', 0), reached(planning, 'default', 1)];
    expect(modeOf(early)).toBe('plan');
    expect(optionsToTell(newSession(), early)).toEqual({ permissionMode: 'plan' });
    expect(modeOf(late)).toBe('default');
    // The process went there by itself.
    expect(optionsToTell(planning, late)).toEqual({});
  });
});
