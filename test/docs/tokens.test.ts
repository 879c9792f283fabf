import { countTokens } from 'gpt-tokenizer';
import { expect, test } from 'vitest';
import { startHarness } from '../support/harness.ts';
import { page } from './markdown.ts';

test('the tools and their instructions cost about the tokens that the README says, by a public tokenizer', async () => {
  const { client } = await (await startHarness()).connect();
  const { tools } = await client.listTools();
  // Clients show their model these three; output schemas are for programs.
  const shown = tools.map(({ name, description, inputSchema }) => {
    return { name, description, inputSchema };
  });
  const tokens = countTokens(JSON.stringify(shown) + client.getInstructions());
  expect(tokens).toBeLessThan(6500);
  const [, written = ''] = /about ([\d,]+) tokens/.exec(page('README.md')) ?? [];
  expect(Math.abs(Number(written.replaceAll(',', '')) - tokens), `${tokens}`).toBeLessThan(100);
});
