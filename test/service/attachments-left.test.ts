import { existsSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PNG_DATA } from '../support/attached.ts';
import { overriding, startHarness } from '../support/harness.ts';

/** A server whose folder of attachments cannot be looked into from the n-th prompt on that is stored. */
async function startBreaking(n: number) {
  let stored = 0;
  const harness = await startHarness({
    store: (store) =>
      overriding(store, {
        append: async (sessionId, command, options) => {
          stored += command.type === 'send' ? 1 : 0;
          if (command.type === 'send' && stored === n) breakFolder(harness.settings.stateDir);
          return store.append(sessionId, command, options);
        },
      }),
  });
  const client = await harness.connect();
  return { client, ...(await harness.busy(client)) };
}

/** A link that leads to itself. */
function breakFolder(stateDir: string): void {
  const folder = join(stateDir, 'attachments');
  if (existsSync(folder)) renameSync(folder, `${folder}.away`);
  symlinkSync(folder, folder);
}

test('a retry whose copy cannot be removed now is answered like the first call', async () => {
  const { client, sessionId } = await startBreaking(2);
  const args = { sessionId, prompt: 'x', attachments: PNG_DATA, idempotencyKey: 'k' };
  const sent = await Promise.all([
    client.call('send_prompt', args),
    client.call('send_prompt', args),
  ]);
  expect(new Set(sent.map(({ turn }) => turn.id)).size).toBe(1);
});

test('a refusal says what it says, also if the file cannot be removed now', async () => {
  const { client, sessionId } = await startBreaking(2);
  const args = { sessionId, attachments: PNG_DATA, idempotencyKey: 'k' };
  const [, refused] = await Promise.all([
    client.call('send_prompt', { ...args, prompt: 'x' }),
    client.refusal('send_prompt', { ...args, prompt: 'y' }),
  ]);
  expect(refused).toMatchObject({ code: 'CONFLICT' });
});

test('a folder that cannot be looked into refuses a file, and says why', async () => {
  const { client, sessionId } = await startBreaking(1);
  const args = { sessionId, prompt: 'x' };
  await client.call('send_prompt', args);
  const refused = await client.refusal('send_prompt', { ...args, attachments: PNG_DATA });
  expect(refused).toMatchObject({ code: 'UNAVAILABLE' });
  expect(refused.message).toContain('could not be stored (ELOOP)');
});
