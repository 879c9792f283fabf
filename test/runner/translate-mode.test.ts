import { expect, test } from 'vitest';
import { init, system } from './messages.ts';
import { prompted } from './translated.ts';

test('the permission mode follows what Claude Code says', () => {
  const { feed, told } = prompted();
  feed(init('default'), init('plan'));
  expect(told).toEqual([{ mode: 'plan' }]);
  feed(system('status', { status: 'compacting' }));
  expect(told).toEqual([{ mode: 'plan' }]);
  feed(system('status', { status: null, permissionMode: 'default' }));
  // One that we do not know.
  feed(system('status', { status: null, permissionMode: 'auto' }));
  expect(told).toEqual([{ mode: 'plan' }, { mode: 'default' }]);
});
