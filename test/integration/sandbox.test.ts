import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandOf, type Workplace } from '../support/client/place.ts';
import { SdkClient } from '../support/client/sdk-client.ts';
import { lacksSandbox } from '../support/needs.ts';
import { makeWorkplace } from '../support/program.ts';
import { connectTo, create, OPTIONS, turn } from './sessions.ts';

const sandboxed = { sandbox: true, allowedTools: [] };

/** Reads what no session may see, and writes where it may not and where it may. */
const probe = ({ scratch, stateDirectory }: Workplace, name: string) => ({
  tool: 'Bash',
  input: {
    command: `env; ls ${stateDirectory}; touch ${join(scratch, name)}; touch ${name}; true`,
  },
});

describe.skipIf(lacksSandbox)('a session in the sandbox', OPTIONS, () => {
  /** Whether the probe was held in the sandbox, without a question. */
  async function isHeld(place: Workplace, client: SdkClient, id: string, name: string) {
    const ended = await turn(client, id, [probe(place, name), { text: name }]);
    expect(ended).toMatchObject({ state: 'completed', result: name });
    const { events } = await client.call('read_events', {
      sessionId: id,
      detail: 'full',
      limit: 500,
    });
    const result = events.findLast(({ type }) => type === 'tool_result');
    expect(JSON.stringify(result)).not.toContain('sessions.db');
    expect(JSON.stringify(result)).not.toContain('ANTHROPIC_API_KEY');
    expect(await readdir(place.directory)).toContain(name);
    return !(await readdir(place.scratch)).includes(name);
  }

  test('is in it after a restart too, and so is its fork; without it, the same gets out', async () => {
    const place = await makeWorkplace();
    const before = await connectTo(place);
    const id = await create(before, place, sandboxed);
    expect(await isHeld(place, before, id, 'first')).toBe(true);
    const free = await create(before, place);
    await turn(before, free, [probe(place, 'free'), { text: 'end' }]);
    expect(await readdir(place.scratch)).toContain('free');
    await before.close();

    const after = await connectTo(place);
    expect(await isHeld(place, after, id, 'again')).toBe(true);
    const fork = await after.call('fork_session', { sessionId: id });
    expect(await isHeld(place, after, fork.session.id, 'forked')).toBe(true);
    await after.close();

    const always = await connectTo(place, '--sandbox', 'always');
    expect(await isHeld(place, always, free, 'always')).toBe(true);
  });
});

test('is not created where a program is missing, which is named', OPTIONS, async () => {
  const place = await makeWorkplace();
  const env = { ...place.env, PATH: place.scratch };
  const client = await SdkClient.overStdio('v2 legacy', { ...commandOf(), env });
  place.defer(() => client.close());
  const args = { workingDirectory: place.directory, sandbox: true };
  const refusal = await client.refusal('create_session', args);
  expect(refusal).toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('bubblewrap and socat'),
    hint: expect.stringContaining('apt install bubblewrap socat'),
  });
  expect((await client.call('list_sessions')).sessions).toEqual([]);
});
