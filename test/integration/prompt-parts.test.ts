/** Files and schemas that go with a prompt, as a client of the program meets them. */

import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PDF } from '../support/attached.ts';
import type { Workplace } from '../support/client/place.ts';
import type { SdkClient } from '../support/client/sdk-client.ts';
import { filesBelow } from '../support/files.ts';
import { script } from '../support/messages-api.ts';
import { connectHttp, makeWorkplace } from '../support/program.ts';
import { connectTo, create, OPTIONS, POLL } from './sessions.ts';

/** One gray pixel. */
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

const schemaOf = (type: string) => ({
  type: 'object',
  properties: { total: { type } },
  required: ['total'],
});

const CLIENTS = {
  stdio: (place: Workplace) => connectTo(place),
  HTTP: async (place: Workplace): Promise<SdkClient> =>
    connectHttp('v2 legacy', await place.startHttp()),
};

/** What the last request of the API says, as text. */
function lastAsked({ api }: Workplace): string {
  const asked = api.requests.findLast(({ body }) => body?.tools !== undefined);
  return JSON.stringify(asked?.body?.messages);
}

/** Everything that the server keeps, as one text. */
async function keptBy({ stateDirectory }: Workplace): Promise<string> {
  return (await filesBelow(stateDirectory)).map(({ text }) => text).join('\n');
}

describe('a prompt', OPTIONS, () => {
  test.each(['stdio', 'HTTP'] as const)('takes files and a schema over %s', async (transport) => {
    const place = await makeWorkplace();
    const client = await CLIENTS[transport](place);
    const path = join(place.directory, 'pixel.png');
    await writeFile(path, Buffer.from(PIXEL, 'base64'));
    const sessionId = await create(client, place);
    const sent = await client.call('send_prompt', {
      sessionId,
      prompt: script([{ tool: 'StructuredOutput', input: { total: 7 } }]),
      attachments: [
        { path },
        { data: PDF.toString('base64'), mimeType: 'application/pdf', name: 'bill.pdf' },
      ],
      outputSchema: schemaOf('integer'),
      waitMs: 45_000,
    });
    expect(sent.turn).toMatchObject({
      state: 'completed',
      output: { total: 7 },
      attachments: [
        { name: 'pixel.png', mimeType: 'image/png' },
        { name: 'bill.pdf', mimeType: 'application/pdf', bytes: PDF.length },
      ],
    });
    const asked = lastAsked(place);
    expect(asked).toContain('"type":"image"');
    expect(asked).toContain('"type":"document"');
    expect(asked).toContain(PDF.toString('base64'));
    const folder = join(place.stateDirectory, 'attachments');
    await expect.poll(() => readdir(folder), POLL).toEqual([]);
    const kept = await keptBy(place);
    expect(kept).toContain('bill.pdf');
    expect(kept).not.toContain(PDF.toString('base64'));
    expect(kept).not.toContain(PDF.toString());
  });

  test('may have another schema than the one before, or none', async () => {
    const place = await makeWorkplace();
    const client = await connectTo(place);
    const sessionId = await create(client, place);
    const ask = async (step: object, more = {}) =>
      (
        await client.call('send_prompt', {
          sessionId,
          prompt: script([step]),
          waitMs: 45_000,
          ...more,
        })
      ).turn;
    const output = (total: unknown) => ({ tool: 'StructuredOutput', input: { total } });
    const first = await ask(output(1), { outputSchema: schemaOf('integer') });
    expect(first).toMatchObject({ state: 'completed', output: { total: 1 } });
    const second = await ask(output('one'), { outputSchema: schemaOf('string') });
    expect(second).toMatchObject({ state: 'completed', output: { total: 'one' } });
    const third = await ask({ text: 'in words' });
    expect(third).toMatchObject({ state: 'completed', result: 'in words' });
    expect(third).not.toHaveProperty('output');
  });
});
