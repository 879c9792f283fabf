import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PNG_DATA } from '../support/attached.ts';
import { Server } from '../support/client/place.ts';
import { lacksStrace } from '../support/needs.ts';
import { makePlace } from '../support/program.ts';

const STRACE = ['strace', '-D', '-f', '-y', '--seccomp-bpf', '-s', '200', '-e', 'trace=fsync'];

test('a file is answered for when it and its folder are durable, also if a server died right after it made the folder', {
  timeout: 120_000,
  skip: lacksStrace,
}, async () => {
  const place = await makePlace();
  const folder = join(place.stateDirectory, 'attachments');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(place.scratch, 'trace');
  const server = await new Server(place, { within: [...STRACE, '-o', file] }).initialize();
  const synced = (path: string) => readFileSync(file, 'utf8').split(`<${path}>`).length - 1;
  const before = synced(place.stateDirectory);
  const create = () => server.call('create_session', { prompt: 'x', attachments: PNG_DATA });
  const { session, turn } = await create();
  const name = `${session.id.replace('claude_', '')}.${turn?.id}.0`;
  const paths = [join(folder, name), folder, place.stateDirectory];
  await expect.poll(() => paths.map(synced)).toEqual([1, 1, before + 1]);
  await create();
  await expect.poll(() => paths.map(synced)).toEqual([1, 2, before + 1]);
});
