import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { claudeBinary } from '../support/claude-env.ts';
import { script } from '../support/messages-api.ts';
import {
  create,
  endsOf,
  exists,
  OPTIONS,
  POLL,
  processesOf,
  rest,
  send,
  startServer,
  turn,
} from './sessions.ts';

const ONE_ANSWER_USD = 0.0006;
/** Holds its turn until the test writes the file `go`. */
const UNTIL_GO = {
  tool: 'Bash',
  input: { command: 'touch held; until [ -e go ]; do sleep 0.1; done' },
};

describe('prompts of a session', OPTIONS, () => {
  test('follow what was said in a terminal meanwhile, although a process of the session is warm', async () => {
    const { place, client } = await startServer();
    const id = await create(client, place);
    await turn(client, id, [{ text: 'said here' }]);
    const args = [
      '--print',
      '--resume',
      id.replace('claude_', ''),
      script([{ text: 'said there' }]),
    ];
    const options = { cwd: place.directory, env: place.env, stdio: 'ignore' } as const;
    expect(await once(spawn(claudeBinary(), args, options), 'exit')).toEqual([0, null]);
    expect(await turn(client, id, [{ text: 'here again' }])).toMatchObject({ state: 'completed' });
    expect(JSON.stringify(place.api.requests.at(-1)?.body)).toMatch(/said here.*said there/s);
    await client.call('end_session', { sessionId: id });
  });

  test('run one at a time; one is taken back, one steers the turn that runs, one interrupts it', async () => {
    const { place, client } = await startServer();
    const id = await create(client, place);
    const first = await send(client, id, [UNTIL_GO, { text: 'first' }]);
    const second = await send(client, id, [{ text: 'never' }]);
    const third = await send(client, id, [{ text: 'half', hang: 'mid' }]);
    await expect.poll(() => exists(join(place.directory, 'held')), POLL).toBe(true);
    const steered = { sessionId: id, prompt: 'a word on the way', mode: 'steer' };
    expect((await client.call('send_prompt', steered)).turn.id).toBe(first);
    await client.call('cancel_prompt', { sessionId: id, turnId: second });
    const { session } = await client.call('get_session', { sessionId: id });
    expect(session).toMatchObject({ status: 'busy', turns: { queued: 1, running: 1 } });
    await writeFile(join(place.directory, 'go'), '');
    const { body } = await place.api.waitForRequest(({ body }) =>
      JSON.stringify(body?.messages).includes('a word on the way'),
    );
    expect(JSON.stringify(body?.messages)).not.toContain('never');
    await place.api.waitForRequest(({ body }) =>
      JSON.stringify(body?.messages.at(-1)).includes('half'),
    );
    const fourth = await send(client, id, [{ text: 'fourth' }]);
    const urgent = await send(client, id, [{ text: 'urgent' }], 'interrupt');
    await rest(client, id);
    const ended = await endsOf(client, id);
    expect(ended.map(({ id: turnId, state }) => [turnId, state])).toEqual([
      [second, 'cancelled'],
      [first, 'completed'],
      [third, 'interrupted'],
      [urgent, 'completed'],
      [fourth, 'completed'],
    ]);
    await client.call('end_session', { sessionId: id });
  });

  test('go on after an eviction, in a fork and after a turn of its own, and each is paid for once', async () => {
    const { place, client } = await startServer('--idle-evict-ms', '3000');
    const id = await create(client, place, { taskId: 'JOB-1' });
    const spent = async (args: object) => (await client.call('get_metrics', { ...args })).costUsd;
    await turn(client, id, [{ text: 'to be remembered' }]);
    await expect.poll(() => processesOf(id), POLL).toEqual([]);
    await turn(client, id, [{ text: 'after the eviction' }]);
    expect(JSON.stringify(place.api.requests.at(-1)?.body)).toContain('to be remembered');
    expect(await spent({ sessionId: id })).toBeCloseTo(2 * ONE_ANSWER_USD, 9);
    const fork = await client.call('fork_session', {
      sessionId: id,
      prompt: script([{ text: 'forked' }]),
    });
    await rest(client, fork.session.id);
    expect(JSON.stringify(place.api.requests.at(-1)?.body)).toContain('after the eviction');
    expect(await spent({ sessionId: fork.session.id })).toBeCloseTo(ONE_ANSWER_USD, 9);
    const background = {
      tool: 'Bash',
      input: { command: 'until [ -e wake ]; do sleep 0.1; done', run_in_background: true },
    };
    await turn(client, id, [background, { text: 'started' }, { text: 'woken' }]);
    await writeFile(join(place.directory, 'wake'), '');
    const autonomous = async () =>
      (await endsOf(client, id)).filter(({ origin }) => origin === 'autonomous');
    await expect.poll(autonomous, POLL).toMatchObject([{ state: 'completed', result: 'woken' }]);
    expect(await spent({ taskId: 'JOB-1' })).toBeCloseTo(5 * ONE_ANSWER_USD, 9);
    expect(await spent({})).toBeCloseTo(6 * ONE_ANSWER_USD, 9);
  });
});
