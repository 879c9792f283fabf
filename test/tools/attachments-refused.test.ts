import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  ATTACHMENT_BYTES_MAX,
  ATTACHMENTS_BYTES_MAX,
  ATTACHMENTS_SESSION_BYTES_MAX,
  QUEUED_PROMPTS_MAX,
} from '../../src/limits.ts';
import { SESSION_ID_PREFIX } from '../../src/session/session.ts';
import { keptBy, PNG, PNG_DATA } from '../support/attached.ts';
import { type Harness, startBusy, startHarness } from '../support/harness.ts';

const run = promisify(execFile);

function fileIn(harness: Harness, name: string, bytes: string | Buffer = PNG): string {
  const path = join(harness.work, name);
  writeFileSync(path, bytes);
  return path;
}

const folderOf = ({ settings }: Harness) => join(settings.stateDir, 'attachments');

describe('what is refused leaves nothing behind', () => {
  const nothingKept = (harness: Harness) => {
    const folder = folderOf(harness);
    expect(
      readdirSync(harness.settings.stateDir).includes('attachments') ? readdirSync(folder) : [],
    ).toEqual([]);
  };

  test('by what a path leads to', async () => {
    const { harness, client, sessionId } = await startBusy();
    const { stateDir } = harness.settings;
    const outside = join(stateDir, '..', 'outside.png');
    writeFileSync(outside, PNG);
    symlinkSync(outside, join(harness.work, 'link.png'));
    mkdirSync(join(harness.work, 'folder'));
    symlinkSync(join(stateDir, '..'), join(harness.work, 'up'));
    await run('mkfifo', [join(harness.work, 'pipe')]);
    const sameAnswer = 'is not a readable file inside a configured root';
    const cases: [string, string][] = [
      [join(harness.work, 'none.png'), 'does not exist'],
      [join(harness.work, 'none', 'none.png'), 'does not exist'],
      [join(harness.work, 'up', 'none.png'), sameAnswer],
      [outside, sameAnswer],
      [join(harness.work, 'link.png'), sameAnswer],
      [join(harness.work, 'up', 'outside.png'), sameAnswer],
      [join(fileIn(harness, 'file'), 'below'), 'does not exist'],
      ['shot.png', 'is not an absolute path'],
      ['file:///x.png?y', 'has a query'],
      [join(harness.work, 'folder'), 'is not a regular file'],
      [join(harness.work, 'pipe'), 'is not a regular file'],
      [fileIn(harness, 'empty.png', ''), 'is empty'],
      [fileIn(harness, 'text.png', 'hello'), 'is not a png, jpeg, gif, webp or pdf file'],
      [
        fileIn(harness, 'large.png', Buffer.concat([PNG, Buffer.alloc(ATTACHMENT_BYTES_MAX)])),
        'ATTACHMENT_BYTES_MAX',
      ],
    ];
    for (const [path, problem] of cases) {
      const args = { sessionId, prompt: 'x', attachments: [PNG_DATA, { path }] };
      const failure = await client.refusal('send_prompt', args);
      expect(failure).toMatchObject({
        code: 'INVALID_REQUEST',
        message: expect.stringContaining(problem),
      });
      expect(failure.message).toContain('attachments[1]');
    }
    nothingKept(harness);
    expect((await client.shown(sessionId)).turns.queued).toBe(0);
  });

  test("by whose it is: the server's own files are as good as missing", async () => {
    const harness = await startHarness();
    const { stateDir } = harness.settings;
    await harness.reopen({ roots: [join(stateDir, '..')] });
    const alice = await harness.connect();
    const busy = await harness.busy(alice);
    await alice.call('send_prompt', {
      sessionId: busy.sessionId,
      prompt: 'x',
      attachments: PNG_DATA,
    });
    const path = join(folderOf(harness), Object.keys(keptBy(harness))[0] ?? '');
    const eve = await harness.connect({ principal: 'eve' });
    symlinkSync(stateDir, join(harness.work, 'state'));
    for (const tried of [path, `${path}0`, join(harness.work, 'state', 'none')]) {
      const attachments = [{ path: tried }];
      const args = { prompt: 'x', attachments, workingDirectory: harness.work };
      expect(await eve.refusal('create_session', args)).toMatchObject({
        code: 'INVALID_REQUEST',
        message: expect.stringContaining('is not a readable file inside a configured root'),
      });
    }
    expect((await eve.call('list_sessions')).sessions).toEqual([]);
  });

  const tooMuch = 'A'.repeat(Math.ceil((ATTACHMENT_BYTES_MAX + 1) / 3) * 4);

  test.each<[what: string, attachments: unknown, problem: string]>([
    ['another type', { ...PNG_DATA, mimeType: 'image/gif' }, 'is image/png by how it begins, not'],
    ['a data: URI', { ...PNG_DATA, data: `data:image/png;base64,${PNG_DATA.data}` }, 'data: URI'],
    ['other letters', { ...PNG_DATA, data: 'not base64!' }, 'is not base64'],
    ['a length that base64 never has', { ...PNG_DATA, data: 'AAAAA' }, 'is not base64'],
    ['nothing', { ...PNG_DATA, data: '' }, 'is empty'],
    ['too much', { ...PNG_DATA, data: tooMuch }, 'ATTACHMENT_BYTES_MAX'],
    ['a type that Claude does not take', { ...PNG_DATA, mimeType: 'image/svg+xml' }, 'mimeType'],
    ['data without a type', { data: PNG_DATA.data }, 'must have a mimeType'],
    ['both ways', { ...PNG_DATA, path: '/x' }, 'either path or data'],
    ['neither way', { name: 'x' }, 'either path or data'],
    ['another way', { ...PNG_DATA, url: 'https://example.com' }, 'url'],
    ['eleven', Array.from({ length: 11 }, () => PNG_DATA), 'attachments'],
  ])('by what is given: %s', async (_what, attachments, problem) => {
    const { harness, client, sessionId } = await startBusy();
    const failure = await client.refusal('send_prompt', { sessionId, prompt: 'x', attachments });
    expect(failure).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining(problem),
    });
    expect(failure.message.length).toBeLessThan(1000);
    nothingKept(harness);
  });

  test('by the prompt: none, one that steers, a command', async () => {
    const { harness, client, sessionId } = await startBusy();
    const attachments = PNG_DATA;
    const refusals = [
      await client.refusal('create_session', { attachments }),
      await client.refusal('send_prompt', { sessionId, prompt: 'x', mode: 'steer', attachments }),
      await client.refusal('send_prompt', { sessionId, prompt: '/compact', attachments }),
    ];
    expect(refusals.map(({ code }) => code)).toEqual(Array(3).fill('INVALID_REQUEST'));
    expect(refusals.map(({ message }) => message)).toEqual([
      expect.stringContaining('can only be given with a prompt'),
      expect.stringContaining('mode steer'),
      expect.stringContaining('/compact'),
    ]);
    nothingKept(harness);
  });

  test('by the session: unknown, ended, with a full queue', async () => {
    const { harness, client, sessionId } = await startBusy();
    const send = (id: string) =>
      client.refusal('send_prompt', { sessionId: id, prompt: 'x', attachments: PNG_DATA });
    const unknown = `${SESSION_ID_PREFIX}00000000-0000-4000-8000-000000000000`;
    expect(await send(unknown)).toMatchObject({ code: 'SESSION_NOT_FOUND' });
    const fill = () => client.call('send_prompt', { sessionId, prompt: 'x' });
    await Promise.all(Array.from({ length: QUEUED_PROMPTS_MAX }, fill));
    expect(await send(sessionId)).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await client.call('end_session', { sessionId });
    expect(await send(sessionId)).toMatchObject({ code: 'SESSION_NOT_READY' });
    nothingKept(harness);
  });

  test('by the room: of a prompt, and of a session', async () => {
    const { harness, client, sessionId } = await startBusy();
    const path = fileIn(
      harness,
      'large.png',
      Buffer.concat([PNG, Buffer.alloc(ATTACHMENT_BYTES_MAX - PNG.length)]),
    );
    const send = (count: number) => ({
      sessionId,
      prompt: 'x',
      attachments: Array(count).fill({ path }),
    });
    expect(await client.refusal('send_prompt', send(5))).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('PROMPT_ATTACHMENTS_BYTES_MAX'),
    });
    nothingKept(harness);
    // As if many prompts with attachments were queued in it.
    const uuid = sessionId.slice(SESSION_ID_PREFIX.length);
    mkdirSync(folderOf(harness), { recursive: true });
    writeFileSync(join(folderOf(harness), `${uuid}.other.0`), '');
    truncateSync(join(folderOf(harness), `${uuid}.other.0`), ATTACHMENTS_SESSION_BYTES_MAX - 10);
    expect(await client.refusal('send_prompt', send(1))).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('ATTACHMENTS_SESSION_BYTES_MAX'),
    });
    writeFileSync(join(folderOf(harness), 'another.other.0'), '');
    truncateSync(join(folderOf(harness), 'another.other.0'), ATTACHMENTS_BYTES_MAX);
    rmSync(join(folderOf(harness), `${uuid}.other.0`));
    expect(await client.refusal('send_prompt', send(1))).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('(ATTACHMENTS_BYTES_MAX)'),
    });
    rmSync(join(folderOf(harness), 'another.other.0'));
    expect((await client.call('send_prompt', send(1))).turn.attachments).toHaveLength(1);
  });
});
