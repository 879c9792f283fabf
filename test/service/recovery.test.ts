import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TURN_CRASHES_MAX } from '../../src/limits.ts';
import { loggerTo } from '../../src/log.ts';
import { LEASE_TIMES } from '../../src/process-limits.ts';
import type { OwnerState } from '../../src/runner/owners.ts';
import { LocalSessions } from '../../src/service/local-sessions.ts';
import { Recovery } from '../../src/service/recovery.ts';
import { readUnfinished, UnfinishedTexts } from '../../src/service/unfinished.ts';
import type { ProcessIdentity } from '../../src/session/process.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { type Claim, StaleFenceError, type Store } from '../../src/store/store.ts';
import { claimed, createIn, PRINCIPAL, say } from '../store/fixtures.ts';

const PROCESS: ProcessIdentity = { pid: 4711, startTime: 's', bootId: 'b', marker: 'm' };

const silent = loggerTo({ write: () => {} }, 'silent');
let directory: string;
let store: Store;
let now: number;
let killed: ProcessIdentity[];
let trusts: boolean;
let canKill: boolean;
let live: Set<string>;
let local: LocalSessions;
let unfinished: UnfinishedTexts;
const states = new Map<string, OwnerState>();

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'recovery-'));
  now = 1_700_000_000_000;
  store = await openSqliteStore({ directory, now: () => now });
  killed = [];
  trusts = true;
  canKill = true;
  live = new Set();
  local = new Local();
  unfinished = new UnfinishedTexts(directory, silent);
  states.clear();
});

afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

/** Runs the sessions that the test says. */
class Local extends LocalSessions {
  override isLive(id: string): boolean {
    return live.has(id);
  }
}

function recovery(at = local): Recovery {
  const clock = { now: () => now, monotonic: () => now };
  return new Recovery({
    store,
    clock,
    owners: {
      self: 'me',
      stateOf: (owner) => states.get(owner) ?? 'self',
      isOfSameClient: () => false,
    },
    jumps: { trustsLapse: () => trusts } as never,
    log: silent,
    local: at,
    unfinished,
    killTree: async (process) => {
      killed.push(process);
      return canKill;
    },
  });
}

/** A session whose turn `t` runs at `owner`, in a process, prompted or not. */
async function runningAt(owner: string, isPrompted: boolean): Promise<Claim> {
  await createIn(store, { prompts: ['t', 'next'] });
  const claim = await claimed(store, owner);
  await store.note(claim.fence, { process: PROCESS });
  if (isPrompted) await store.note(claim.fence, { promptedTurn: 't' });
  return claim;
}

/** What is told of the turn `t`. */
async function told(sessionId: string): Promise<unknown> {
  return (await store.turn(sessionId, 't'))?.error?.message;
}

async function turnStates(sessionId: string): Promise<(string | undefined)[]> {
  return Promise.all(['t', 'next'].map(async (id) => (await store.turn(sessionId, id))?.state));
}

describe('what an owner that is gone has left', () => {
  test('a turn that Claude had seen is lost; its process is killed, its session ready', async () => {
    const { session, fence } = await runningAt('other', true);
    unfinished.show(session.id, { at: now, text: 'half a sen' });
    expect(await readUnfinished(directory, session.id)).toBeDefined();
    states.set('other', 'gone');
    expect(await recovery().sweep()).toBe(1);
    expect(await readUnfinished(directory, session.id)).toBeUndefined();
    expect(killed).toEqual([PROCESS]);
    expect(await turnStates(session.id)).toEqual(['lost', 'queued']);
    expect(await told(session.id)).toContain('its server is gone');
    const after = await store.session(PRINCIPAL, session.id);
    expect(after).toMatchObject({ status: 'ready', turns: { running: 0, failed: 1 } });
    expect(await store.leases()).toEqual([]);
    await expect(say(store, session.id, 'late', { fence })).rejects.toThrow(StaleFenceError);
  });

  test('a turn that Claude had not seen waits again, and runs before the next', async () => {
    const { session } = await runningAt('other', false);
    states.set('other', 'gone');
    await recovery().sweep();
    expect(await turnStates(session.id)).toEqual(['queued', 'queued']);
    const again = await claimed(store, 'me');
    expect([again.session.id, again.turn.id]).toEqual([session.id, 't']);
  });

  test('a turn whose server dies each time before Claude sees it fails after a few, and the session says why', async () => {
    const { session } = await runningAt('other', false);
    states.set('other', 'gone');
    for (let crash = 1; crash < TURN_CRASHES_MAX; crash += 1) {
      await recovery().sweep();
      expect((await claimed(store, 'other')).turn.id).toBe('t');
    }
    await recovery().sweep();
    expect(await turnStates(session.id)).toEqual(['failed', 'queued']);
    const error = { code: 'UNAVAILABLE', message: expect.stringContaining('TURN_CRASHES_MAX') };
    expect(await store.turn(session.id, 't')).toMatchObject({ error });
    const after = await store.session(PRINCIPAL, session.id);
    expect(after).toMatchObject({ status: 'error', error, turns: { queued: 1, failed: 1 } });
    const next = await claimed(store, 'me');
    expect([next.turn.id, next.session.status]).toEqual(['next', 'busy']);
  });

  test('an open permission request is closed with the turn', async () => {
    const { session, fence } = await runningAt('other', true);
    const request = {
      requestId: 'r',
      sessionId: session.id,
      turnId: 't',
      toolName: 'Bash',
      input: {},
      state: 'pending',
      createdAt: now,
      expiresAt: now + 1,
    } as const;
    const asked = [{ type: 'permission_requested', turnId: 't', request } as const];
    await store.append(session.id, { type: 'record', said: asked }, { fence });
    states.set('other', 'gone');
    await recovery().sweep();
    expect((await store.requests({ principal: PRINCIPAL, requestId: 'r' }))[0]?.state).toBe(
      'closed',
    );
    expect((await store.session(PRINCIPAL, session.id))?.pendingPermissions).toBe(0);
  });

  test('is settled only once its processes are gone for certain, and whoever asks before is told so', async () => {
    const { session } = await runningAt('other', true);
    states.set('other', 'gone');
    canKill = false;
    const one = recovery();
    expect(await one.sweep()).toBe(0);
    await expect(one.demand(session.id)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(session.id),
      retryable: true,
    });
    expect(await turnStates(session.id)).toEqual(['running', 'queued']);
    expect((await store.leases(session.id))[0]).toMatchObject({ process: PROCESS });
    canKill = true;
    expect(await one.sweep()).toBe(1);
    expect(await turnStates(session.id)).toEqual(['lost', 'queued']);
    expect(await store.leases()).toEqual([]);
  });

  test('is settled once, whoever sweeps', async () => {
    const { session } = await runningAt('other', true);
    states.set('other', 'gone');
    const swept = await Promise.all([recovery(new Local()).sweep(), recovery(new Local()).sweep()]);
    expect(swept.toSorted()).toEqual([0, 1]);
    const ends = (await store.events(session.id, 0, 100)).filter(
      ({ type }) => type === 'turn_ended',
    );
    expect(ends).toHaveLength(1);
  });
});

describe('an owner that lives', () => {
  test('keeps what it has, its lease run out or not, until somebody asks for it', async () => {
    const { session } = await runningAt('other', true);
    states.set('other', 'alive');
    await recovery().demand(session.id);
    now += LEASE_TIMES.leaseMs;
    expect(await recovery().sweep()).toBe(0);
    expect(await turnStates(session.id)).toEqual(['running', 'queued']);
    await recovery().demand(session.id);
    expect(await turnStates(session.id)).toEqual(['lost', 'queued']);
    expect(await told(session.id)).toContain('unresponsive for longer than its lease');
    expect(killed).toEqual([PROCESS]);
  });

  test('keeps it right after the clock has jumped, so a sleep of the machine takes nothing', async () => {
    const { session } = await runningAt('other', true);
    states.set('other', 'alive');
    now += 8 * 3_600_000;
    trusts = false;
    await recovery().demand(session.id);
    await recovery().sweep();
    expect(await turnStates(session.id)).toEqual(['running', 'queued']);
    expect(killed).toEqual([]);
  });

  test('where nobody can see whether it lives, loses it when its lease has run out', async () => {
    const { session } = await runningAt('container', true);
    states.set('container', 'unknown');
    now += LEASE_TIMES.leaseMs - 1;
    expect(await recovery().sweep()).toBe(0);
    now += 1;
    expect(await recovery().sweep()).toBe(1);
    expect(await turnStates(session.id)).toEqual(['lost', 'queued']);
    expect(await told(session.id)).toContain('has not renewed its lease');
  });
});

test('a lease of this server is settled only where it runs the session no more', async () => {
  const { session } = await runningAt('me', true);
  live.add(session.id);
  expect(await recovery().sweep()).toBe(0);
  live.delete(session.id);
  expect(await recovery().sweep()).toBe(1);
  expect(await turnStates(session.id)).toEqual(['lost', 'queued']);
});

describe('the reason', () => {
  const FULL = { kind: 'storage', message: 'the disk is full' } as const;

  test('is the one that this server knows of what it left itself', async () => {
    const { session, fence } = await runningAt('me', true);
    const here = recovery();
    local.at(session.id).left = { epoch: fence.epoch, loss: FULL };
    await here.sweep();
    expect(await told(session.id)).toContain('the disk is full');
  });

  test('is not that of an earlier lease', async () => {
    const { session, fence } = await runningAt('me', true);
    const here = recovery();
    local.at(session.id).left = { epoch: fence.epoch - 1, loss: FULL };
    await here.sweep();
    expect(await told(session.id)).toContain('stopped running it');
  });

  test('stays that of the owner before, if what that left cannot be ended at once', async () => {
    const { session } = await runningAt('other', true);
    states.set('other', 'gone');
    const here = recovery();
    canKill = false;
    expect(await here.sweep()).toBe(0);
    expect(await turnStates(session.id)).toEqual(['running', 'queued']);
    canKill = true;
    expect(await here.sweep()).toBe(1);
    expect(await told(session.id)).toContain('its server is gone');
  });

  test('of a prompt that waits again is told with it', async () => {
    const { session } = await runningAt('other', false);
    states.set('other', 'gone');
    await recovery().sweep();
    const notice = (await store.events(session.id, 0, 100)).find(({ type }) => type === 'notice');
    expect(notice).toMatchObject({
      text: expect.stringMatching(/its server is gone.*was requeued/),
    });
  });
});
