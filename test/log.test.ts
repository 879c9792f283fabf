import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { secretsIn } from '../src/config.ts';
import { createLog } from '../src/log.ts';

const KEY = 'sk-ant-0123456789';
const PASSWORD = 'with "quotes" and \\ and\ttab';

test('credentials of the environment reach no line, wherever it has them from', () => {
  const directory = mkdtempSync(join(tmpdir(), 'log-'));
  const file = join(directory, 'log');
  const secrets = secretsIn({ ANTHROPIC_API_KEY: KEY, DB_PASSWORD: PASSWORD, HOME: '/home/me' });
  const log = createLog({ level: 'info', file, secrets });
  log.info({ stderr: `bad key ${KEY}\n`, nested: { env: [PASSWORD] } }, `refused ${KEY}`);
  log.error({ err: new Error(`401 for ${KEY}`, { cause: new Error(PASSWORD) }) }, 'failed');
  const text = readFileSync(file, 'utf8');
  rmSync(directory, { recursive: true });
  expect(text).not.toMatch(/sk-ant|quotes/);
  const [first, second] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(first).toMatchObject({ stderr: 'bad key [secret]\n', nested: { env: ['[secret]'] } });
  expect(second.err.message).toContain('401 for [secret]');
});

test('what is no credential stays readable', () => {
  const environment = {
    PATH: '/usr/bin:/bin',
    CLAUDE_SESSIONS_TOKEN_FILE: '/etc/claude-sessions/token',
    MAX_TOKENS: '4096',
    EMPTY_KEY: undefined,
  };
  expect(secretsIn(environment)).toEqual([]);
});

test('of two credentials, one within the other, nothing is left', () => {
  const secrets = secretsIn({ A_TOKEN: 'abcdefgh', B_TOKEN: 'abcdefgh-ijklmnop' });
  expect(secrets).toEqual(['abcdefgh-ijklmnop', 'abcdefgh']);
});
