import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Options, query } from '@anthropic-ai/claude-agent-sdk';
import { expect, onTestFinished, test } from 'vitest';
import { isolatedEnvironment } from './claude-env.ts';
import { script, startMessagesApi } from './messages-api.ts';

test('the real Claude Code runs a script: it writes the file and ends with the text', async () => {
  const api = await startMessagesApi();
  onTestFinished(api.close);
  const place = await isolatedEnvironment(api.url);
  onTestFinished(place.remove);
  const cwd = join(place.directory, 'work');
  const file_path = join(cwd, 'note.txt');
  await mkdir(cwd);
  const prompt = script([
    { text: 'writing', tool: 'Write', input: { file_path, content: 'written by the script' } },
    { text: 'all done' },
  ]);
  const options: Options = {
    cwd,
    env: place.env,
    settingSources: [],
    strictMcpConfig: true,
    canUseTool: async (_tool, updatedInput) => ({ behavior: 'allow', updatedInput }),
  };
  const results = [];
  for await (const message of query({ prompt: promptStream(prompt), options })) {
    if (message.type === 'result') results.push(message);
  }
  expect(results).toMatchObject([{ subtype: 'success', result: 'all done', num_turns: 2 }]);
  expect(results[0]?.total_cost_usd).toBeCloseTo(2 * 0.0006, 10);
  expect(await readFile(file_path, 'utf8')).toBe('written by the script');
}, 60_000);

async function* promptStream(content: string) {
  yield {
    type: 'user' as const,
    message: { role: 'user' as const, content },
    parent_tool_use_id: null,
  };
}
