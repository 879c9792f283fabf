import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLog } from '../src/log.ts';
import { Redactor } from '../src/redaction.ts';
import { secretsIn } from '../src/secrets.ts';

const KEY = 'sk-ant-0123456789';
const PASSWORD = 'with "quotes" and \\ and\ttab';

test('credentials of the environment reach no line, wherever it has them from', () => {
  const directory = mkdtempSync(join(tmpdir(), 'log-'));
  const file = join(directory, 'log');
  const secrets = secretsIn({ ANTHROPIC_API_KEY: KEY, DB_PASSWORD: PASSWORD, HOME: '/home/me' });
  const log = createLog({ level: 'info', file, redactor: new Redactor(secrets) });
  log.info({ stderr: `bad key ${KEY}\n`, nested: { env: [PASSWORD] } }, `refused ${KEY}`);
  log.error({ err: new Error(`401 for ${KEY}`, { cause: new Error(PASSWORD) }) }, 'failed');
  const text = readFileSync(file, 'utf8');
  rmSync(directory, { recursive: true });
  expect(text).not.toMatch(/sk-ant|quotes/);
  const [first, second] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(first).toMatchObject({ stderr: 'bad key [redacted]\n', nested: { env: ['[redacted]'] } });
  expect(second.err.message).toContain('401 for [redacted]');
});

test('a credential of digits that stands in a number of a line leaves the line JSON', () => {
  const directory = mkdtempSync(join(tmpdir(), 'log-'));
  const file = join(directory, 'log');
  const log = createLog({ level: 'info', file, redactor: new Redactor(['31415926']) });
  log.info({ bytes: 1_314_159_265, text: 'pin 31415926' }, 'counted');
  const line = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(directory, { recursive: true });
  expect(line).toMatchObject({ bytes: '[redacted]', text: 'pin [redacted]', msg: 'counted' });
});

test.runIf(process.platform === 'linux')(
  'a full disk loses lines of the log, and nothing throws',
  () => {
    const log = createLog({ level: 'info', file: '/dev/full' });
    log.info('first');
    log.error({ err: new Error('no') }, 'second');
  },
);
