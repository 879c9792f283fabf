import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandOf, type Workplace } from '../support/client/place.ts';
import type { SessionView } from '../support/client/tools.ts';
import { type Step, script } from '../support/messages-api.ts';
import { startPerson } from '../support/person.ts';
import { makeWorkplace } from '../support/program.ts';
import {
  answer,
  connectTo,
  create,
  exists,
  OPTIONS,
  POLL,
  processesOf,
  question,
  rest,
  send,
  turn,
} from './sessions.ts';

function write(place: Workplace, name: string): { step: Step; path: string } {
  const path = join(place.directory, name);
  return { path, step: { tool: 'Write', input: { file_path: path, content: name } } };
}

const END = { text: 'end' };

describe('what Claude asks', OPTIONS, () => {
  test('about a plan shows it, and a plan that is approved stays so after an eviction and a restart', async () => {
    const place = await makeWorkplace();
    const flags = ['--idle-evict-ms', '300'];
    const before = await connectTo(place, ...flags);
    const rules = { permissionMode: 'plan', allowedTools: ['Write'] };
    const id = await create(before, place, rules);
    await send(before, id, [{ tool: 'ExitPlanMode', input: { plan: '# Write it' } }, END]);
    const asked = await question(before, id);
    expect.soft(asked.input).toMatchObject({ plan: '# Write it' });
    await answer(before, asked, { decision: 'allow' });
    await rest(before, id);
    await expect.poll(() => processesOf(id), POLL).toEqual([]);
    await turn(before, id, [write(place, 'evicted').step, END]);
    await before.close();
    const after = await connectTo(place, ...flags);
    await turn(after, id, [write(place, 'restarted').step, END]);
    for (const name of ['evicted', 'restarted'])
      expect.soft(await exists(join(place.directory, name))).toBe(true);
    const { session } = await after.call('get_session', { sessionId: id });
    expect(session.permissionMode).toBe('default');
    const { events } = await after.call('read_events', { sessionId: id });
    expect(events.filter(({ type }) => type === 'session_updated')).toMatchObject([
      { changes: { permissionMode: 'default' } },
    ]);
  });

  test('and was allowed for the session is asked no more, after an eviction and a restart neither', async () => {
    const place = await makeWorkplace();
    const flags = ['--idle-evict-ms', '300'];
    const before = await connectTo(place, ...flags);
    const id = await create(before, place);
    await send(before, id, [write(place, 'one').step, END]);
    await answer(before, await question(before, id), { decision: 'allow', remember: 'session' });
    await rest(before, id);
    await expect.poll(() => processesOf(id), POLL).toEqual([]);
    expect(await turn(before, id, [write(place, 'two').step, END])).toMatchObject({
      result: 'end',
    });
    await before.close();
    const after = await connectTo(place, ...flags);
    expect(await turn(after, id, [write(place, 'three').step, END])).toMatchObject({
      result: 'end',
    });
    for (const name of ['one', 'two', 'three']) {
      expect(await exists(join(place.directory, name))).toBe(true);
    }
  });

  test('and was allowed for the session is allowed no wider than was said, and as it was changed', async () => {
    const place = await makeWorkplace();
    const client = await connectTo(place);
    const id = await create(client, place, { allowedTools: [] });
    const bash = (command: string) => ({ tool: 'Bash', input: { command } });
    await send(client, id, [write(place, 'inside').step, bash('touch asked'), END]);
    const asked = await question(client, id);
    const rememberAs = `Write files inside ${place.directory}, except protected ones`;
    expect.soft(asked).toMatchObject({ rememberAs });
    await answer(client, asked, { decision: 'allow', remember: 'session' });
    const command = await question(client, id);
    expect.soft(command).toMatchObject({ rememberAs: 'Bash(touch asked)' });
    const { input: updatedInput } = bash('touch changed');
    await answer(client, command, { decision: 'allow', remember: 'session', updatedInput });
    await rest(client, id);

    await mkdir(join(place.directory, '.git', 'hooks'), { recursive: true });
    await symlink(place.scratch, join(place.directory, 'link'));
    const refused = ['.git/hooks/pre-commit', '../file', 'link/file'];
    await send(client, id, [
      ...refused.map((name) => write(place, name).step),
      bash('touch asked'),
      write(place, 'sub/other').step,
      bash('touch changed'),
      END,
    ]);
    for (const name of refused) {
      const { requestId, ...request } = await question(client, id);
      expect(request).toMatchObject({ input: { file_path: join(place.directory, name) } });
      expect(request).not.toHaveProperty('rememberAs');
      await client.call('answer_permission_request', { requestId, decision: 'deny' });
    }
    const again = await question(client, id);
    expect(again.input).toEqual({ command: 'touch asked' });
    await answer(client, again, { decision: 'deny' });
    await rest(client, id);
    expect(await exists(join(place.directory, 'sub/other'))).toBe(true);
    const { events } = await client.call('read_events', { sessionId: id });
    const answers = events.filter(({ type }) => type === 'permission_answered');
    expect(answers.slice(0, 2)).toMatchObject([
      { request: { remembered: rememberAs } },
      { request: { remembered: 'Bash(touch changed)' } },
    ]);
  });

  test('is shown to the person behind a waiting client, and their choice is the answer', async () => {
    const place = await makeWorkplace();
    const person = await startPerson({ ...commandOf(), env: place.env });
    const made = await person.call<{ session: SessionView }>('create_session');
    const file = write(place, 'by form');
    const sent = person.call<{ turn: { state: string } }>('send_prompt', {
      sessionId: made.session.id,
      prompt: script([file.step, END]),
      waitMs: 40_000,
    });
    const form = await person.form();
    expect(form.message).toContain(file.path);
    form.send({ action: 'accept', content: { decision: 'allow' } });
    expect((await sent).turn).toMatchObject({ state: 'completed', result: 'end' });
    expect(await exists(file.path)).toBe(true);
  });
});
