import { describe, expect, test } from 'vitest';
import { modeOf } from '../../src/session/mode.ts';
import { PERMISSION_MODES, type PermissionMode } from '../../src/session/options.ts';
import { applyCreated, type Session } from '../../src/session/session.ts';
import { optionsNow } from '../../src/session/update.ts';
import { CREATED, newState, run } from './log.ts';

function chosen(permissionMode?: PermissionMode): Session {
  const options = { ...CREATED.options, ...(permissionMode && { permissionMode }) };
  return applyCreated('claude_1', { ...CREATED, options, seq: 1, at: 1000 });
}

/** The mode after Claude Code has told of these, one after the other. */
function reached(session: Session, ...modes: readonly PermissionMode[]): PermissionMode {
  const commands = modes.map((mode) => ({ type: 'reach_mode', mode, times: 0 }) as const);
  return modeOf(run({ ...newState(), session }, ...commands).session);
}

describe('the permission mode of a session', () => {
  test('is the one chosen, until another is reached', () => {
    expect(modeOf(chosen())).toBe('default');
    for (const mode of PERMISSION_MODES) expect(modeOf(chosen(mode))).toBe(mode);
  });

  test('is default once the plan that the caller asked for is approved, and plan again when Claude plans', () => {
    expect(reached(chosen('plan'), 'default')).toBe('default');
    expect(reached(chosen('plan'), 'default', 'plan')).toBe('plan');
    expect(reached(chosen(), 'plan')).toBe('plan');
    expect(reached(chosen(), 'plan', 'default')).toBe('default');
    expect(reached(chosen('acceptEdits'), 'plan')).toBe('plan');
    expect(reached(chosen('acceptEdits'), 'plan', 'acceptEdits')).toBe('acceptEdits');
    expect(reached(chosen('acceptEdits'), 'plan', 'default')).toBe('default');
  });

  test('is never one that asks less than the one chosen', () => {
    for (const mode of ['acceptEdits', 'dontAsk', 'bypassPermissions'] as const) {
      expect(reached(chosen('plan'), mode)).toBe('plan');
      expect(reached(chosen('plan'), 'default', mode)).toBe('default');
      expect(reached(chosen(), mode)).toBe('default');
      expect(reached(chosen(), 'plan', mode)).toBe('plan');
    }
    expect(reached(chosen('acceptEdits'), 'bypassPermissions')).toBe('acceptEdits');
    expect(reached(chosen('acceptEdits'), 'plan', 'bypassPermissions')).toBe('plan');
  });

  test('stays as it is in a session that asks nobody', () => {
    for (const mode of ['dontAsk', 'bypassPermissions'] as const)
      expect(reached(chosen(mode), 'plan', 'default')).toBe(mode);
  });

  test('goes into the options that its next process starts with', () => {
    expect(optionsNow(chosen())).toEqual(CREATED.options);
    const state = { ...newState(), session: chosen('plan') };
    const { session } = run(state, { type: 'reach_mode', mode: 'default', times: 0 });
    expect(optionsNow(session)).toEqual({ ...CREATED.options, permissionMode: 'default' });
    expect(session.options.permissionMode).toBe('plan');
  });
});
