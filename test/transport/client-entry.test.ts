import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CLIENT_ENTRIES_MAX } from '../../src/connection-limits.ts';
import { clientEntries } from '../../src/transport/http/client-entry.ts';
import { parseTokenFile, principalOf } from '../../src/transport/http/identity.ts';

const run = promisify(execFile);

const URL = 'http://127.0.0.1:7337/mcp';
const [A, B, C] = ['a-token-0123456789', 'b~token/0123+456789==', 'c.token_0123456789'];

/** What each line gives a `claude` that writes down how it was called, typed into a shell. */
async function given(text: string, { url = URL, name = 'tokens' } = {}): Promise<string[][]> {
  const folder = await mkdtemp(join(tmpdir(), 'client-entry-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'claude'), '#!/bin/sh\nprintf "%s\\0" "$@" > "$CALLED"\n', {
    mode: 0o755,
  });
  const file = join(folder, name);
  await writeFile(file, text);
  const principals = new Set(parseTokenFile(text).map(({ principal }) => principal));
  const env = { PATH: `${bin}:${process.env.PATH}`, CALLED: join(folder, 'called') };
  const calls = [];
  for (const line of clientEntries(url, { file, principals })) {
    const command = /claude mcp add .*/s.exec(line)?.[0];
    if (command === undefined) continue;
    await run('/bin/sh', ['-c', command], { env });
    calls.push((await readFile(env.CALLED, 'utf8')).split('\0').slice(0, -1));
  }
  return calls;
}

const callWith = (token: string, url = URL) => {
  const header = ['--header', `Authorization: Bearer ${token}`];
  return ['mcp', 'add', '--transport', 'http', 'claude-sessions', url, ...header];
};

describe('the line for a client, typed into a shell, gives it one token', () => {
  test.each([
    ['one without a name', `${A}\n`, [A]],
    ['one without a name, and no end of the line', A, [A]],
    ['one with a name', `alice:${A}\n`, [A]],
    ['several names', `alice:${A}\nbob:${B}\n`, [A, B]],
    ['a name for the scraper', `metrics:${A}\nbob:${B}\n`, [B]],
    ['a name with two tokens', `alice:${A}\nalice:${B}\n`, [A]],
    ['names and none', `alice:${A}\n${B}\n`, [A, B]],
    ['the default name, written', `alice:${A}\ndefault:${B}\n`, [A, B]],
    ['names that look alike', `a.b:${A}\naxb:${B}\nb:${C}\n`, [A, B, C]],
    ['the same in another order', `xa:${A}\nax:${B}\na:${C}\n`, [A, B, C]],
    ['comments and empty lines', `# alice:old\n\n  # ${C}\nalice:${A}\n\n${B}\n`, [A, B]],
    ['spaces', `  alice : ${A} \n\t${B}\t\n`, [A, B]],
    ['the lines of Windows', `\ufeffalice:${A}\r\n\r\n${B}\r\n`, [A, B]],
    ['a byte order mark before a bare one', `\ufeff${A}\r\n`, [A]],
  ])('from a file with %s', async (_, text, tokens) => {
    expect(await given(text)).toEqual(tokens.map((token) => callWith(token)));
  });

  test.each(["it's mine", 'a b', '$HOME', '`id`', '"; exit 1; "', 'a\\b', 'wow!x', '-n', 'é*?[a]'])(
    'from a file called %s',
    async (name) => {
      expect(await given(`alice:${A}\nbob:${B}\n`, { name })).toEqual([callWith(A), callWith(B)]);
    },
  );

  test.each(['http://[::1]:7337/mcp', "https://host/it's?a=1&b=$HOME;c"])('at %s', async (url) => {
    expect(await given(A, { url })).toEqual([callWith(A, url)]);
  });

  test('in each of many names, up to a bound', async () => {
    const names = Array.from({ length: CLIENT_ENTRIES_MAX + 3 }, (_, n) => `name${n}`);
    const text = names.map((name) => `${name}:${name}-0123456789abcdef\n`).join('');
    const calls = await given(text);
    expect(calls).toEqual(
      names.slice(0, CLIENT_ENTRIES_MAX).map((name) => callWith(`${name}-0123456789abcdef`)),
    );
    const tokens = parseTokenFile(text);
    expect(
      calls.map((call) => principalOf(call.at(-1)?.replace('Authorization: ', ''), tokens)),
    ).toEqual(names.slice(0, CLIENT_ENTRIES_MAX));
    const last = clientEntries(URL, { file: '/tokens', principals: new Set(names) }).at(-1);
    expect(last).toBe('/tokens has 3 more names; their lines differ only in the name');
  });
});

test('says whose line it is where there are several, and no token at all without them', () => {
  const linesFor = (...names: string[]) =>
    clientEntries(URL, { file: '/tokens', principals: new Set(names) });
  expect(linesFor('alice', 'bob', 'metrics').map((line) => line.split(' with: ')[0])).toEqual([
    'add it to Claude Code as alice',
    'add it to Claude Code as bob',
  ]);
  expect(linesFor('metrics')).toEqual([]);
  expect(clientEntries(URL, undefined)).toEqual([
    `add it to Claude Code with: claude mcp add --transport http claude-sessions ${URL}`,
  ]);
});
