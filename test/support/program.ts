/** What a test starts and the test's end stops: places, the program in them, and clients. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type HttpProgram,
  openPlace,
  openWorkplace,
  type Place,
  type Workplace,
} from './client/place.ts';
import { ROOT } from './client/program.ts';
import { type ClientKind, SdkClient, type StdioServer } from './client/sdk-client.ts';

export async function makePlace(): Promise<Place> {
  return endingWithTest(await openPlace());
}

export async function makeWorkplace(): Promise<Workplace> {
  return endingWithTest(await openWorkplace());
}

function endingWithTest<P extends Place>(place: P): P {
  onTestFinished(() => place.remove());
  return place;
}

/** Starts the server as a client's configuration would. Its standard error is ours. */
export async function connectStdio(kind: ClientKind, server: StdioServer): Promise<SdkClient> {
  return closingWithTest(await SdkClient.overStdio(kind, server));
}

export async function connectHttp(
  kind: ClientKind,
  { url, token }: Pick<HttpProgram, 'url' | 'token'>,
): Promise<SdkClient> {
  return closingWithTest(await SdkClient.overHttp(kind, url, token));
}

function closingWithTest(client: SdkClient): SdkClient {
  onTestFinished(() => client.close());
  return client;
}

/**
 * A program in the place of Claude Code that misbehaves as its prompts say (`test/runner/programs/scripted-claude.ts`),
 * as a file for `--claude-path`.
 *
 * @param atStart what it does wrong before anybody has said a word
 */
export async function makeScriptedClaude(directory: string, atStart = ''): Promise<string> {
  const path = join(directory, `claude-${atStart || 'scripted'}`);
  const program = join(ROOT, 'test', 'runner', 'programs', 'scripted-claude.ts');
  const line = `exec ${process.execPath} ${program} "${atStart}" "$@"`;
  await writeFile(path, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  return path;
}
