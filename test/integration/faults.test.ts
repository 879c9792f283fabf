import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { claudeBinary } from '../support/claude-env.ts';
import type { SdkClient } from '../support/client/sdk-client.ts';
import { residentMib } from '../support/gauge.ts';
import { makeScriptedClaude, makeWorkplace } from '../support/program.ts';
import { connectTo, create, exists, OPTIONS, POLL, processesOf, send, turn } from './sessions.ts';

const FAULTS = [
  ['null', 'UNAVAILABLE', true, 'no message of its protocol'],
  ['half', 'UNAVAILABLE', true, 'no message of its protocol'],
  ['cut', 'UNAVAILABLE', true, 'stopped unexpectedly'],
  ['crash', 'UNAVAILABLE', true, 'exit code 7'],
  ['line 256', 'LIMIT_EXCEEDED', false, 'STREAM_LINE_BYTES_MAX'],
] as const;
const ODDITIES = ['text', 'twice', 'stderr 64', 'crash-after'] as const;

describe('a Claude Code that misbehaves', OPTIONS, () => {
  test('fails its own turn with a cause, and neither its session, nor another, nor the server suffers', async () => {
    const place = await makeWorkplace();
    const client = await connectTo(place, '--claude-path', await makeScriptedClaude(place.scratch));
    const [id, other] = [await create(client, place), await create(client, place)];
    const untouched = await send(client, other, 'silent');
    await turn(client, id, 'warm');
    const before = residentMib(client.pid);
    for (const [fault, code, retryable, words] of FAULTS) {
      expect(await turn(client, id, fault)).toMatchObject({
        state: 'failed',
        error: { code, retryable, message: expect.stringContaining(words) },
      });
      expect(await turn(client, id, 'again')).toMatchObject({ result: 'ok: again' });
    }
    for (const oddity of ODDITIES) {
      expect(await turn(client, id, oddity)).toMatchObject({ state: 'completed' });
      // What is sent to a process in the very moment of its crash fails with it.
      if (oddity === 'crash-after') await expect.poll(() => processesOf(id), POLL).toEqual([]);
      expect(await turn(client, id, 'again')).toMatchObject({ result: 'ok: again' });
    }
    const { session } = await client.call('get_session', { sessionId: id });
    expect(session).toMatchObject({ status: 'ready', turns: { failed: FAULTS.length } });
    // Of the line of 256 MiB no more is held than a line may have.
    expect(residentMib(client.pid) - before).toBeLessThan(128);
    const stopped = await client.call('interrupt_session', { sessionId: other });
    expect(stopped.turn).toMatchObject({ id: untouched, state: 'interrupted' });
  });
});

describe('a Claude Code that is replaced under a running server', OPTIONS, () => {
  test('serves on where it runs, is missed where it starts meanwhile, and is the new one from then on', async () => {
    const place = await makeWorkplace();
    const claude = join(place.scratch, 'claude');
    await symlink(claudeBinary(), claude);
    const client = await connectTo(place, '--claude-path', claude, '--idle-evict-ms', '3000');
    const [old, young] = [await create(client, place), await create(client, place)];
    expect(await turn(client, old, [{ text: 'before' }])).toMatchObject({ result: 'before' });
    await rm(claude);
    expect(await turn(client, old, [{ text: 'on' }])).toMatchObject({ result: 'on' });
    expect(await turn(client, young, [{ text: 'x' }])).toMatchObject({
      state: 'failed',
      error: { code: 'UNAVAILABLE', retryable: false, message: expect.stringContaining(claude) },
    });
    expect(await statusOf(client, young)).toBe('error');
    const next = `#!/bin/sh\ntouch ${place.scratch}/next-ran\nexec ${claudeBinary()} "$@"\n`;
    await writeFile(claude, next, { mode: 0o755 });
    expect(await turn(client, young, [{ text: 'new' }])).toMatchObject({ result: 'new' });
    expect(await statusOf(client, young)).toBe('ready');
    expect(await exists(join(place.scratch, 'next-ran'))).toBe(true);
    await expect.poll(() => processesOf(old), POLL).toEqual([]);
    expect(await turn(client, old, [{ text: 'after' }])).toMatchObject({ result: 'after' });
    expect(JSON.stringify(place.api.requests.at(-1)?.body)).toContain('before');
  });

  test('half written is a failed turn, and none once it is whole', async () => {
    const place = await makeWorkplace();
    const claude = join(place.scratch, 'claude');
    await writeFile(claude, 'the first bytes of a program', { mode: 0o755 });
    const client = await connectTo(place, '--claude-path', claude);
    const id = await create(client, place);
    expect(await turn(client, id, [{ text: 'x' }])).toMatchObject({
      state: 'failed',
      error: { code: 'UNAVAILABLE', message: expect.stringContaining('before it was ready') },
    });
    await rm(claude);
    await symlink(claudeBinary(), claude);
    expect(await turn(client, id, [{ text: 'whole' }])).toMatchObject({ result: 'whole' });
  });
});

async function statusOf(client: SdkClient, sessionId: string): Promise<string> {
  return (await client.call('get_session', { sessionId })).session.status;
}
