import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SdkClient } from '../support/client/sdk-client.ts';
import { script } from '../support/messages-api.ts';
import { connectHttp, makeWorkplace } from '../support/program.ts';
import { standStill } from '../support/stand-still.ts';

/** Writes a byte every 50 ms until it is killed. */
const WITNESS = `node -e "setInterval(() => fs.appendFileSync('witness', 'x'), 50)"`;

async function turnEnds(client: SdkClient, sessionId: string): Promise<unknown[]> {
  const { events } = await client.call('read_events', { sessionId, limit: 500 });
  return events.filter(({ type }) => type === 'turn_ended').map(({ turn }) => turn);
}

test('a server that is stopped loses its session on demand, and its Claude Code writes no more', {
  timeout: 180_000,
}, async () => {
  const place = await makeWorkplace();
  const witness = join(place.directory, 'witness');
  const first = await place.startHttp();
  const second = await place.startHttp();
  const owner = await connectHttp('v2 legacy', first);
  const other = await connectHttp('v2 legacy', second);
  const { session } = await owner.call('create_session', {
    workingDirectory: place.directory,
    allowedTools: ['Bash'],
    prompt: script([{ tool: 'Bash', input: { command: WITNESS, timeout: 600_000 } }]),
  });
  const sessionId = session.id;
  const size = async () => (await stat(witness).catch(() => undefined))?.size ?? 0;
  await expect.poll(size, { timeout: 30_000 }).toBeGreaterThan(3);

  await standStill(first.child.pid ?? 0, place.stateDirectory);
  const before = await size();
  await expect.poll(size).toBeGreaterThan(before);
  await other.call('attach_session', { sessionId });
  const { turn } = await other.call('interrupt_session', { sessionId });
  expect(turn?.state).toBe('lost');
  const atTakeover = await size();

  first.child.kill('SIGCONT');
  const sent = await other.call('send_prompt', {
    sessionId,
    prompt: script([{ text: 'here again' }]),
    waitMs: 30_000,
  });
  expect(sent.turn).toMatchObject({ state: 'completed', result: 'here again' });
  expect(await size()).toBe(atTakeover);
  expect((await readFile(witness, 'utf8')).length).toBe(atTakeover);
  expect(await turnEnds(other, sessionId)).toMatchObject([
    { state: 'lost' },
    { state: 'completed' },
  ]);
  // The one that was stopped has noticed and serves on, without the session's process.
  expect((await owner.call('get_session', { sessionId })).session.turns.running).toBe(0);
});
