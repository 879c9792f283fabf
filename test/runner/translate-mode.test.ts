import { expect, test } from 'vitest';
import { init, system } from './messages.ts';
import { prompted } from './translated.ts';

test('the permission mode follows what Claude Code says', () => {
  const { translator, feed, told } = prompted();
  feed(init('default'), init('plan'));
  expect(translator.mode).toBe('plan');
  feed(system('status', { status: 'compacting' }));
  expect(translator.mode).toBe('plan');
  feed(system('status', { status: null, permissionMode: 'default' }));
  expect(translator.mode).toBe('default');
  // One that we do not know.
  feed(system('status', { status: null, permissionMode: 'auto' }));
  expect(translator.mode).toBe('auto');
  expect(told).toEqual([{ mode: 'plan' }, { mode: 'default' }]);
});
