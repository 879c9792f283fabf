import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ATTACHMENT_BYTES_MAX } from '../../src/limits.ts';
import { SESSION_ID_PREFIX } from '../../src/session/session.ts';
import { DATABASE_FILE } from '../../src/store/sqlite/files.ts';
import { showTranscript } from '../../src/views/transcript.ts';
import { attachmentsOf } from '../service/keeper.ts';
import { GIF, JPEG, keptBy, PDF, PNG, PNG_DATA, WEBP } from '../support/attached.ts';
import { type Harness, startBusy, startHarness, startWithClient } from '../support/harness.ts';

function fileIn(harness: Harness, name: string, bytes: string | Buffer = PNG): string {
  const path = join(harness.work, name);
  writeFileSync(path, bytes);
  return path;
}

const folderOf = ({ settings }: Harness) => join(settings.stateDir, 'attachments');

describe('attachments', () => {
  test('reach the run with their prompt, each with its name and type', async () => {
    const { harness, client } = await startWithClient();
    const attachments = [
      { path: fileIn(harness, 'shot.png') },
      { path: pathToFileURL(fileIn(harness, 'my photo', JPEG)).href, mimeType: 'image/jpeg' },
      { data: GIF.toString('base64'), mimeType: 'image/gif', name: 'moving.gif' },
      { data: `${WEBP.toString('base64url')}\n`, mimeType: 'image/webp' },
      { path: fileIn(harness, 'paper.pdf', PDF), name: 'the paper' },
    ];
    const { session, turn } = await client.call('create_session', { prompt: 'see', attachments });
    const run = await harness.running(session.id);
    expect(run.prompts).toEqual([
      {
        turnId: turn?.id,
        text: 'see',
        files: [
          { name: 'shot.png', mimeType: 'image/png', bytes: PNG },
          { name: 'my photo', mimeType: 'image/jpeg', bytes: JPEG },
          { name: 'moving.gif', mimeType: 'image/gif', bytes: GIF },
          { name: 'attachment 4', mimeType: 'image/webp', bytes: WEBP },
          { name: 'the paper', mimeType: 'application/pdf', bytes: PDF },
        ],
      },
    ]);
    const shown = { name: 'shot.png', mimeType: 'image/png', bytes: PNG.length };
    expect(turn?.attachments?.[0]).toEqual(shown);
    const { events } = await client.call('read_events', { sessionId: session.id });
    const queued = events.find(({ type }) => type === 'prompt_queued');
    expect(queued).toMatchObject({ prompt: 'see', attachments: turn?.attachments });
    expect(JSON.stringify(events)).not.toContain('sha256');
    const stored = await harness.store.session('alice', session.id);
    if (stored === undefined) throw new Error('the session is missing');
    const log = await harness.store.events(session.id, 0, 99);
    const { text } = showTranscript({ session: stored, events: log, after: 0 }, 'uri');
    expect(text).toContain('attached: `shot.png (image/png, 1 KiB)`');
  });

  test('are bytes in a file of ours alone, not in the database or the log', async () => {
    const { harness, client, sessionId } = await startBusy();
    const secret = Buffer.concat([PNG, Buffer.from('nowhere else')]);
    const attachments = [{ data: secret.toString('base64'), mimeType: 'image/png' }];
    await client.call('send_prompt', { sessionId, prompt: 'x', attachments });
    const [name = '', ...others] = Object.keys(keptBy(harness));
    expect(others).toEqual([]);
    expect(keptBy(harness)[name]).toEqual(secret);
    expect(statSync(join(folderOf(harness), name)).mode & 0o777).toBe(0o600);
    expect(statSync(folderOf(harness)).mode & 0o777).toBe(0o700);
    await harness.close();
    const { stateDir } = harness.settings;
    const files = readdirSync(stateDir).filter((file) => file.startsWith(DATABASE_FILE));
    const stored = files.map((file) => readFileSync(join(stateDir, file), 'latin1')).join('');
    expect(files.length).toBeGreaterThan(0);
    for (const text of [stored, JSON.stringify(harness.logged)]) {
      expect(text).not.toContain('nowhere else');
      expect(text).not.toContain(secret.toString('base64').slice(0, 20));
    }
  });

  test.each([
    ['a JSON text of a list', JSON.stringify([PNG_DATA])],
    ['a JSON text of one', JSON.stringify(PNG_DATA)],
    ['one object', PNG_DATA],
  ])('are taken as %s', async (_way, attachments) => {
    const { client, sessionId } = await startBusy();
    const { turn } = await client.call('send_prompt', { sessionId, prompt: 'x', attachments });
    expect(turn.attachments).toHaveLength(1);
  });

  test('are found below ~ too', async () => {
    const { harness, client, sessionId } = await startBusy();
    const path = `~/${relative(homedir(), fileIn(harness, 'a.png'))}`;
    const { turn } = await client.call('send_prompt', {
      sessionId,
      prompt: 'x',
      attachments: { path },
    });
    expect(turn.attachments?.[0]?.name).toBe('a.png');
  });

  test('survive a restart with their queued prompt, whatever became of the file they were copied from', async () => {
    const { harness, client, sessionId, run } = await startBusy();
    const path = fileIn(harness, 'a.png');
    await client.call('send_prompt', { sessionId, prompt: 'later', attachments: [{ path }] });
    rmSync(path);
    run.finish();
    await harness.runner.waitFor(({ prompts }) => prompts.length === 2);
    await harness.reopen();
    const again = await harness.connect();
    // The prompt may have been seen, so it is not sent again; nothing of it is left.
    await again.call('wait_sessions', { sessionIds: [sessionId] });
    await expect.poll(() => keptBy(harness)).toEqual({});
  });

  test('go with their prompt when it is requeued', async () => {
    const { harness, client } = await startWithClient();
    const release = harness.runner.holdStarts();
    const { session } = await client.call('create_session', { prompt: 'x', attachments: PNG_DATA });
    await expect.poll(() => harness.runner.specs.length).toBe(1);
    await harness.close();
    release();
    expect(Object.values(keptBy(harness))).toEqual([PNG]);
    await harness.reopen();
    const run = await harness.running(session.id);
    expect(run.prompts[0]?.files).toMatchObject([{ bytes: PNG }]);
  });
});

describe('the file of an attachment', () => {
  test('is deleted when its turn has ended, and no other one', async () => {
    const { harness, client, sessionId, run } = await startBusy();
    const send = () =>
      client.call('send_prompt', { sessionId, prompt: 'x', attachments: PNG_DATA });
    const first = await send();
    const second = await send();
    run.finish();
    await harness.running(sessionId, 2);
    expect(Object.keys(keptBy(harness))).toHaveLength(2);
    run.finish();
    await harness.running(sessionId, 3);
    const left = () => Object.keys(keptBy(harness)).map((name) => name.split('.')[1]);
    await expect.poll(left).toEqual([second.turn.id]);
    expect(first.turn.id).not.toBe(second.turn.id);
  });

  test('is deleted when its prompt is cancelled, and when the session ends', async () => {
    const { harness, client, sessionId } = await startBusy();
    const send = () =>
      client.call('send_prompt', { sessionId, prompt: 'x', attachments: PNG_DATA });
    const { turn } = await send();
    await send();
    await client.call('cancel_prompt', { sessionId, turnId: turn.id });
    await expect.poll(() => Object.keys(keptBy(harness)).length).toBe(1);
    await client.call('end_session', { sessionId });
    await expect.poll(() => keptBy(harness)).toEqual({});
  });

  test('is deleted before the server ends, and at the next start if a killed one has left it', async () => {
    const { harness, client, sessionId } = await startBusy();
    const send = () =>
      client.call('send_prompt', { sessionId, prompt: 'x', attachments: PNG_DATA });
    const [{ turn }, waiting] = [await send(), await send()];
    await client.call('cancel_prompt', { sessionId, turnId: turn.id });
    await harness.close();
    const left = () => Object.keys(keptBy(harness)).map((name) => name.split('.')[1]);
    expect(left()).toEqual([waiting.turn.id]);
    const uuid = sessionId.slice(SESSION_ID_PREFIX.length);
    writeFileSync(join(folderOf(harness), `${uuid}.${turn.id}.0`), PNG);
    await harness.open();
    await expect.poll(left).not.toContain(turn.id);
  });

  test.each([
    ['gone', 'is gone'],
    ['damaged', 'is damaged'],
    ['a folder', 'is damaged'],
    ['longer than any', 'is damaged'],
  ])('if it is %s, the turn fails and says so, and the session goes on', async (how, problem) => {
    const { harness, client, sessionId, run } = await startBusy();
    const { turn } = await client.call('send_prompt', {
      sessionId,
      prompt: 'x',
      attachments: PNG_DATA,
    });
    const path = join(folderOf(harness), Object.keys(keptBy(harness))[0] ?? '');
    if (how === 'gone' || how === 'a folder') rmSync(path);
    if (how === 'damaged') writeFileSync(path, Buffer.concat([PNG, PNG]));
    if (how === 'a folder') mkdirSync(path);
    if (how === 'longer than any') truncateSync(path, ATTACHMENT_BYTES_MAX + 1);
    run.finish();
    const { session } = await client
      .call('send_prompt', { sessionId, prompt: 'next' })
      .then(async () => {
        await harness.running(sessionId, 2);
        return client.call('get_session', { sessionId });
      });
    expect(session).toMatchObject({ status: 'busy', turns: { failed: 1 } });
    const { events } = await client.call('read_events', { sessionId });
    const ended = events.find((event) => event.type === 'turn_ended' && event.turnId === turn.id);
    expect(ended).toMatchObject({
      turn: {
        state: 'failed',
        error: { code: 'NOT_FOUND', message: expect.stringContaining(problem) },
      },
    });
    // The same process, which has seen nothing of it.
    expect(harness.runner.runs).toEqual([run]);
    expect(run.prompts.map(({ text }) => text)).toEqual(['go', 'next']);
  });

  test('is not copied again for a retry, and is not left by a call that loses the race', async () => {
    const { harness, client, sessionId } = await startBusy();
    const send = () =>
      client.call('send_prompt', {
        sessionId,
        prompt: 'x',
        attachments: PNG_DATA,
        idempotencyKey: 'k',
      });
    const sent = await Promise.all([send(), send(), send()]);
    expect(new Set(sent.map(({ turn }) => turn.id)).size).toBe(1);
    const [name] = Object.keys(keptBy(harness));
    expect(Object.keys(keptBy(harness))).toEqual([expect.stringContaining(sent[0].turn.id)]);
    const before = statSync(join(folderOf(harness), name ?? '')).mtimeMs;
    await send();
    expect(statSync(join(folderOf(harness), name ?? '')).mtimeMs).toBe(before);
    const other = { ...PNG_DATA, data: GIF.toString('base64'), mimeType: 'image/gif' };
    const args = { sessionId, prompt: 'x', attachments: other, idempotencyKey: 'k' };
    expect(await client.refusal('send_prompt', args)).toMatchObject({ code: 'CONFLICT' });
    expect(Object.keys(keptBy(harness))).toEqual([name]);
  });

  test.each([
    ['stays while it is young: its prompt may be on its way', 599_999, true],
    ['is removed when it is old', 600_000, false],
    ['is removed if the clock was set back since', -600_000, false],
  ])('of a turn that nobody knows %s', async (_how, ageMs, isKept) => {
    const { harness, client, sessionId } = await startBusy();
    await client.call('send_prompt', { sessionId, prompt: 'x', attachments: PNG_DATA });
    const [queued = ''] = Object.keys(keptBy(harness));
    const uuid = sessionId.slice(SESSION_ID_PREFIX.length);
    const left = [`${uuid}.00000000-0000-4000-8000-000000000000.0`, 'odd'];
    // A file keeps whole seconds exactly.
    const now = Math.floor(Date.now() / 1000) * 1000;
    for (const name of left) leave(harness, name, now - ageMs);
    const attachments = attachmentsOf(harness.settings.stateDir, () => now);
    await attachments.sweep((id, turnId) => harness.store.turn(id, turnId));
    const names = isKept ? [queued, ...left] : [queued];
    expect(Object.keys(keptBy(harness)).sort()).toEqual(names.sort());
  });

  test('is removed by servers that all live shortly, and a folder in its place keeps no other file', async () => {
    const { harness } = await startBusy();
    await harness.close();
    mkdirSync(join(folderOf(harness), 'a folder', 'in it'), { recursive: true });
    const old = new Date(Date.now() - 600_000);
    utimesSync(join(folderOf(harness), 'a folder'), old, old);
    leave(harness, 'file', old.getTime());
    await harness.open();
    await expect.poll(() => readdirSync(folderOf(harness))).toEqual([]);
  });
});

function leave(harness: Harness, name: string, at: number): void {
  const path = join(folderOf(harness), name);
  writeFileSync(path, PNG);
  utimesSync(path, at / 1000, at / 1000);
}

test('a prompt without attachments makes no folder for them', async () => {
  const harness = await startHarness();
  await harness.busy(await harness.connect());
  expect(readdirSync(harness.settings.stateDir)).not.toContain('attachments');
});
