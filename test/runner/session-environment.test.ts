import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loggerTo } from '../../src/log.ts';
import { Redactor } from '../../src/redaction.ts';
import { type Guarding, guardingOnDemand } from '../../src/runner/guarding.ts';
import { processesOf } from '../../src/runner/processes.ts';
import {
  asksLoginShell,
  namesToAsk,
  SessionEnvironment,
  withLogin,
} from '../../src/runner/session-environment.ts';

describe('the login shell is asked', () => {
  const desktop = { SHELL: '/bin/zsh', PATH: '/usr/bin:/bin' };

  test('by a server on stdio that a desktop program has started', () => {
    expect(asksLoginShell('auto', desktop, true)).toBe(true);
    expect(asksLoginShell('auto', { ...desktop, TERM: '' }, true)).toBe(true);
  });

  test.each([
    ['at a terminal', { ...desktop, TERM: 'xterm' }, true],
    ['in a container', { PATH: '/usr/bin' }, true],
    ['over HTTP', desktop, false],
  ])('but not %s, unless the operator says so', (_, environment, isStdio) => {
    expect(asksLoginShell('auto', environment, isStdio)).toBe(false);
    expect(asksLoginShell('always', environment, isStdio)).toBe(true);
    expect(asksLoginShell('never', environment, isStdio)).toBe(false);
  });
});

test('it is asked for its PATH, and for places and named variables that are not set here', () => {
  const here = { PATH: '/bin', NVM_DIR: '/nvm', GH_TOKEN: '', HOME: undefined };
  const named = ['GH_TOKEN', 'SSH_AUTH_SOCK', 'HOME', 'CLAUDE_CONFIG_DIR', 'PATH'];
  const names = namesToAsk(here, named);
  expect(names).toEqual(expect.arrayContaining(['PATH', 'CARGO_HOME', 'SSH_AUTH_SOCK']));
  expect(names.filter((name) => name === 'PATH')).toHaveLength(1);
  for (const name of ['NVM_DIR', 'GH_TOKEN', 'HOME', 'CLAUDE_CONFIG_DIR', 'ANTHROPIC_API_KEY']) {
    expect(names).not.toContain(name);
  }
});

describe('what it tells', () => {
  test('comes before the PATH of the server, each folder once, and no relative one', () => {
    const told = { PATH: '/opt/bin:./bin:/usr/bin::/bin' };
    expect(withLogin({ PATH: '/own/bin:/bin:.:/usr/bin' }, told)).toEqual({
      PATH: '/opt/bin:/usr/bin:/bin:/own/bin',
    });
    expect(withLogin({ PATH: '/bin' }, {})).toEqual({ PATH: '/bin' });
    expect(withLogin({}, told)).toEqual({ PATH: '/opt/bin:/usr/bin:/bin' });
  });

  test('does not replace what is set here', () => {
    const told = { PATH: '/bin', NVM_DIR: '/told', CARGO_HOME: '/told' };
    expect(withLogin({ NVM_DIR: '/own', EMPTY: '', CARGO_HOME: undefined }, told)).toEqual({
      PATH: '/bin',
      NVM_DIR: '/own',
      EMPTY: '',
      CARGO_HOME: '/told',
    });
  });
});

function makeEnvironment(profile: string, guarding?: () => Guarding) {
  const home = mkdtempSync(join(tmpdir(), 'session-environment-'));
  writeFileSync(join(home, '.bash_profile'), profile);
  onTestFinished(() => rmSync(home, { recursive: true, force: true, maxRetries: 10 }));
  const lines: { msg: string }[] = [];
  const log = loggerTo({ write: (line: string) => void lines.push(JSON.parse(line)) }, 'debug');
  const processes = processesOf({ stateDir: home, processGuard: 'auto', isPortable: false });
  const redactor = new Redactor([]);
  const environment = { HOME: home, SHELL: '/bin/bash', PATH: '/usr/bin:/bin' };
  const made = new SessionEnvironment({
    environment,
    named: ['GH_TOKEN', 'LINEAR'],
    choice: 'auto',
    isStdio: true,
    guarding: guarding ?? guardingOnDemand({ ...processes, log }),
    system: processes.finder.system,
    newId: randomUUID,
    redactor,
    log,
  });
  const logged = () => lines.map(({ msg }) => msg);
  return { made, environment, redactor, logged, lines };
}

test('it is asked once, and the credentials that it tells are redacted from then on', async () => {
  const profile =
    'export GH_TOKEN=ghp_of_the_profile LINEAR=lin_0123456789abcdefgh NVM_DIR=/opt/nvm; echo x >> ~/asked';
  const { made, redactor, lines } = makeEnvironment(profile);
  const [first, second] = await Promise.all([made.read(), made.read()]);
  expect(second).toBe(first);
  expect(first).toMatchObject({ GH_TOKEN: 'ghp_of_the_profile', NVM_DIR: '/opt/nvm' });
  expect(redactor.text('ghp_of_the_profile lin_0123456789abcdefgh /opt/nvm')).toBe(
    '[redacted] [redacted] /opt/nvm',
  );
  redactor.renew(['another-secret']);
  expect(redactor.text('ghp_of_the_profile another-secret')).toBe('[redacted] [redacted]');
  expect(JSON.stringify(lines)).not.toContain('ghp_of');
});

test('without an answer, the environment is the server’s, and the log says so', async () => {
  const { made, environment, logged } = makeEnvironment('exit 3');
  expect(await made.read()).toEqual(environment);
  expect(logged()).toContain('login shell told no environment');
});

test('nor does it fail if no process can be guarded', async () => {
  const { made, environment, logged } = makeEnvironment('', () => {
    throw new Error('out of file descriptors');
  });
  expect(await made.read()).toEqual(environment);
  expect(logged()).toEqual(['login shell could not be asked']);
});

test('a server that stops asks no more', async () => {
  const { made, environment, logged } = makeEnvironment('touch ~/asked');
  await made.close();
  expect(await made.read()).toEqual(environment);
  expect(logged()).toEqual([]);
});
