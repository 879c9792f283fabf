/** Files that go with a prompt, with the real Claude Code. */

import { expect, test } from 'vitest';
import type { PromptFile } from '../../src/runner/runner.ts';
import { script } from '../support/messages-api.ts';
import { openWorld } from './open-world.ts';

const world = await openWorld();

/** One white pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
const PAPER = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
);

const FILES: readonly PromptFile[] = [
  { name: 'pixel.png', mimeType: 'image/png', bytes: PIXEL },
  { name: 'paper.pdf', mimeType: 'application/pdf', bytes: PAPER },
];

test('an image and a PDF reach the API unchanged with their prompt, which is taken as it is written', async () => {
  const { heard, run, turn, uuid } = await world.start();
  const prompt = script([{ text: 'seen' }], 'Look, @/etc/passwd');
  run.prompt('11111111-1111-4111-8111-111111111111', prompt, FILES);
  const outcome = await heard.outcomeOf('11111111-1111-4111-8111-111111111111');
  expect(outcome).toMatchObject({ state: 'completed', result: 'seen' });
  const { body } = await world.api.waitForRequest(
    ({ headers, path }) => headers['x-claude-code-session-id'] === uuid && path === '/v1/messages',
  );
  const content = body?.messages.findLast(({ role }) => role === 'user')?.content;
  const sourceOf = (media_type: string, bytes: Buffer) =>
    expect.objectContaining({ type: 'base64', media_type, data: bytes.toString('base64') });
  expect(content).toContainEqual(
    expect.objectContaining({ type: 'image', source: sourceOf('image/png', PIXEL) }),
  );
  expect(content).toContainEqual(
    expect.objectContaining({
      type: 'document',
      title: 'paper.pdf',
      source: sourceOf('application/pdf', PAPER),
    }),
  );
  expect(content).toContainEqual(
    expect.objectContaining({ type: 'text', text: expect.stringContaining(prompt) }),
  );
  // Nothing was read for the mention.
  expect(JSON.stringify(content)).not.toContain('root:x:0:0');
  // The next prompt is one without files.
  expect(await turn([{ text: 'and on' }])).toMatchObject({ state: 'completed', result: 'and on' });
});

test('what begins like a command is text if a file goes with it', async () => {
  const { heard, run, uuid } = await world.start();
  run.prompt('22222222-2222-4222-8222-222222222222', '/exit now', FILES);
  const outcome = await heard.outcomeOf('22222222-2222-4222-8222-222222222222');
  expect(outcome.state).toBe('completed');
  const { body } = await world.api.waitForRequest(
    ({ headers, path }) => headers['x-claude-code-session-id'] === uuid && path === '/v1/messages',
  );
  expect(JSON.stringify(body?.messages)).toContain('/exit now');
});
