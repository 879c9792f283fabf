/** What the tests of packages share: Claude Code as somebody has installed it, sizes, and a turn from end to end. */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { StdioServer } from '../support/client/sdk-client.ts';
import { script } from '../support/messages-api.ts';
import { connectStdio } from '../support/program.ts';
import { ROOT } from './package.ts';

/** The Claude Code of this machine: no package of ours brings it along here. */
export const CLAUDE = join(
  ROOT,
  'node_modules/@anthropic-ai',
  `claude-agent-sdk-${process.platform}-${process.arch}`,
  'claude',
);

export function bytesIn(folder: string): number {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
}

/** In MB, as stores show it. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A session works in this folder, and Claude Code answers. */
export async function doTurn(server: StdioServer, workingDirectory: string): Promise<void> {
  const client = await connectStdio('v1', server);
  const { session } = await client.call('create_session', { workingDirectory });
  const prompt = script([{ text: 'It works.' }]);
  const sent = { sessionId: session.id, prompt, waitMs: 45_000 };
  const { turn } = await client.call('send_prompt', sent);
  expect(turn).toMatchObject({ state: 'completed', result: 'It works.' });
  await client.call('end_session', { sessionId: session.id });
  await client.close();
}
