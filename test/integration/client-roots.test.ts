import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, test } from 'vitest';
import { commandOf, type Place } from '../support/client/place.ts';
import { makePlace } from '../support/program.ts';

type Answer = () => unknown;

/** A client that answers like this when it is asked for its roots; how often it was asked, and where its sessions work. */
async function connect(place: Place, answer: Answer, over: 'stdio' | 'http' = 'stdio') {
  const client = new Client(
    { name: 'test', version: '1' },
    { capabilities: { roots: { listChanged: true } } },
  );
  const seen = { asked: 0 };
  client.setRequestHandler(ListRootsRequestSchema, async () => {
    seen.asked += 1;
    return (await answer()) as { roots: [] };
  });
  await client.connect(await transportTo(place, over));
  place.defer(() => client.close());
  const workplace = async (args: object = {}) => {
    const { structuredContent } = await client.callTool({
      name: 'create_session',
      arguments: { ...args },
    });
    return (structuredContent as { session: { workingDirectory: string } }).session
      .workingDirectory;
  };
  return { client, seen, workplace };
}

async function transportTo(place: Place, over: 'stdio' | 'http') {
  if (over === 'stdio') return new StdioClientTransport({ ...commandOf(), env: { ...place.env } });
  const { url, token } = await place.startHttp();
  const headers = { authorization: `Bearer ${token}` };
  return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
}

const rootsOf = (...paths: string[]) => ({
  roots: paths.map((path) => ({ uri: pathToFileURL(path).href })),
});

describe('a session without a directory works', { timeout: 60_000 }, () => {
  test.each(['stdio', 'http'] as const)(
    'in the first root of the client inside ours, over %s',
    async (over) => {
      const place = await makePlace();
      const [first, second] = [place.folder('first one'), place.folder('second')];
      let roots = rootsOf(place.scratch, first, second);
      const { client, seen, workplace } = await connect(place, () => roots, over);
      expect(await workplace({ workingDirectory: second })).toBe(second);
      expect(seen.asked).toBe(0);
      expect([await workplace(), await workplace(), seen.asked]).toEqual([first, first, 1]);
      roots = rootsOf(second, first);
      await client.sendRootsListChanged();
      expect([await workplace(), seen.asked]).toEqual([second, 2]);
    },
  );

  test.each<[string, (place: Place) => Answer]>([
    ['has no roots', () => () => rootsOf()],
    ['is open outside', (place) => () => rootsOf(place.scratch, '/')],
    ['is open in a link to outside', (place) => () => rootsOf(join(place.directory, 'link'))],
    ['names no directory', () => () => ({ roots: [{ uri: 'file://%' }, { uri: 'https://a/b' }] })],
    ['answers garbage', () => () => ({ roots: 'none' })],
    ['refuses', () => () => Promise.reject(new Error('no'))],
    ['never answers', () => () => new Promise(() => {})],
  ])('where it would otherwise, if the client %s', async (_what, answerIn) => {
    const place = await makePlace();
    await symlink(place.scratch, join(place.directory, 'link'));
    const { seen, workplace } = await connect(place, answerIn(place));
    expect([await workplace(), await workplace()]).toEqual([place.directory, place.directory]);
    expect(seen.asked).toBe(1);
  });
});
