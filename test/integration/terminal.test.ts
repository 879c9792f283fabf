/** A person at a terminal, beside a client on stdio whose sessions they answer, prompt and stop. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import type { Workplace } from '../support/client/place.ts';
import type { Ended } from '../support/client/program.ts';
import { script } from '../support/messages-api.ts';
import {
  connectTo,
  create,
  endsOf,
  exists,
  OPTIONS,
  question,
  rest,
  send,
  startServer,
} from './sessions.ts';

function type(place: Workplace, ...args: string[]): Promise<Ended> {
  return place.start({ args }).ended;
}

/** Types a command that must succeed, and gives what it wrote. */
async function typed(place: Workplace, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await type(place, ...args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

const QUESTIONS = [
  {
    question: 'Which way?',
    header: 'way',
    options: [
      { label: 'left', description: 'l' },
      { label: 'right', description: 'r' },
    ],
    multiSelect: false,
  },
];

describe('a person at the terminal', OPTIONS, () => {
  test('answers a permission, a plan and a question of a session that a connected client holds', async () => {
    const { place, client } = await startServer();
    const id = await create(client, place, {
      name: 'shop',
      allowedTools: [],
      permissionMode: 'plan',
    });
    await send(client, id, [
      { tool: 'ExitPlanMode', input: { plan: '# Touch it\n\nand ask' } },
      { tool: 'Bash', input: { command: 'touch asked', description: 'Touches it' } },
      { tool: 'AskUserQuestion', input: { questions: QUESTIONS } },
      { text: 'end' },
    ]);

    const plan = await question(client, id);
    expect(await typed(place, 'show', 'shop')).toContain('# Touch it');
    const carried = await typed(place, 'allow', 'shop');
    expect(carried).toContain('plan\t# Touch it');
    expect(carried).toMatch(/^allowed once$/m);

    await expect.poll(async () => (await question(client, id)).toolName).toBe('Bash');
    const bash = await question(client, id);
    const late = await type(place, 'allow', plan.requestId);
    expect(late).toMatchObject({ code: 1, stdout: '' });
    expect(late.stderr).toMatch(/\(ExitPlanMode\) was already allowed/);
    const allowed = await typed(place, 'allow', bash.requestId.slice(0, 8), '--session');
    expect(allowed).toContain('command\ttouch asked');
    expect(allowed).toMatch(/^allowed until the session ends: Bash\(touch asked\)$/m);

    await expect.poll(async () => (await question(client, id)).toolName).toBe('AskUserQuestion');
    const unclear = await type(place, 'allow', 'shop');
    expect(unclear).toMatchObject({ code: 1, stdout: '' });
    expect(unclear.stderr).toContain('claude-sessions-mcp answer');
    expect(await typed(place, 'answer', 'shop', '--choice', '2')).toBe('answered\n');

    await rest(client, id);
    expect(await exists(join(place.directory, 'asked'))).toBe(true);
    expect(await endsOf(client, id)).toMatchObject([{ state: 'completed', result: 'end' }]);
    const { events } = await client.call('read_events', { sessionId: id, limit: 500 });
    const results = events.filter((event) => event.type === 'tool_result');
    expect(results.at(-1)?.text).toContain('"Which way?"="right"');
  });

  test('sends a prompt that the server runs, steers it, and stops it', async () => {
    const { place, client } = await startServer();
    const id = await create(client, place, { name: 'shop' });
    const said = await type(place, 'send', 'shop', script([{ text: 'Hello.' }]), '--wait');
    expect(said).toMatchObject({ code: 0, stdout: 'Hello.\n' });
    expect(said.stderr).toMatch(/\(shop\): turn \S+ completed\n$/);

    const begun = join(place.directory, 'begun');
    const wait = { tool: 'Bash', input: { command: `touch ${begun}; tail -f ${begun}` } };
    const waiting = type(place, 'send', 'shop', script([wait]), '--wait');
    await expect.poll(() => exists(begun), { timeout: 30_000 }).toBe(true);
    expect(await typed(place, 'send', 'shop', 'be quick', '--steer')).toContain(' running\n');
    expect(await typed(place, 'interrupt', 'shop')).toMatch(/\(shop\): turn \S+ interrupted\n$/);
    const stopped = await waiting;
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toContain(' interrupted');
    await expect.poll(() => processesWith(begun)).toEqual([]);
    const shown = async () => (await client.call('get_session', { sessionId: id })).session;
    await expect.poll(shown).toMatchObject({ status: 'ready', turns: { running: 0 } });
    const [first, second, ...more] = await endsOf(client, id);
    expect([first, second]).toMatchObject([
      { origin: 'prompt', state: 'completed' },
      { origin: 'prompt', state: 'interrupted' },
    ]);
    // What was added to the turn may have become one of its own, which nobody asked for. The interrupt may stop that too.
    expect(more.filter(({ origin }) => origin !== 'autonomous')).toEqual([]);
  });

  test('sends a prompt while no server runs, and the next one runs it', async () => {
    const { place, client } = await startServer();
    const id = await create(client, place, { name: 'shop' });
    await client.close();
    const { code, stdout, stderr } = await type(
      place,
      'send',
      'shop',
      script([{ tool: 'Bash', input: { command: 'echo late > late' } }, { text: 'end' }]),
    );
    expect(code).toBe(0);
    expect(stdout).toContain(' queued\n');
    expect(stderr).toContain('No server runs on this state directory now');
    const next = await connectTo(place);
    await rest(next, id);
    expect(await readFile(join(place.directory, 'late'), 'utf8')).toBe('late\n');
  });
});
