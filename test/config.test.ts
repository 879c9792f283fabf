import { mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { callersEnvironment, callersFolder, isRunByNpm, readSettings } from '../src/config.ts';
import { SettingError } from '../src/errors.ts';
import { SETTING_LIST, variableOf } from '../src/settings.ts';

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'config-')));
writeFileSync(join(scratch, 'file'), '');
symlinkSync(scratch, join(scratch, 'link'));

describe('settings', () => {
  test('have the defaults of the contract', () => {
    const settings = readSettings([], { XDG_STATE_HOME: '/state', LOCALAPPDATA: '/state' });
    expect(settings).toMatchObject({
      command: 'stdio',
      roots: [realpathSync(homedir())],
      maxLive: 16,
      maxSessions: 100_000,
      idleEvictMs: 300_000,
      sessionTtlMs: 604_800_000,
      permissionTimeoutMs: 1_800_000,
      allowBypassPermissions: false,
      logLevel: 'info',
      host: '127.0.0.1',
      port: 7337,
      httpMode: 'sessions',
      noAuth: false,
    });
    expect(settings.stateDir).toMatch(/claude-sessions-mcp$/);
  });

  test('a flag wins over the environment, and the environment over the default', () => {
    const environment = { CLAUDE_SESSIONS_PORT: '1000', CLAUDE_SESSIONS_MAX_LIVE: '3' };
    const settings = readSettings(['http', '--port', '2000'], environment);
    expect([settings.command, settings.port, settings.maxLive]).toEqual(['http', 2000, 3]);
  });

  const samples: Record<string, string> = {
    DIR: '/',
    FILE: 'file',
    N: '7',
    LEVEL: 'debug',
    ADDRESS: '::1',
    MODE: 'dual',
    KIND: 'namespace',
    CHOICE: 'always',
    HOST: 'box.lan:7337',
    ORIGIN: 'https://a.example',
    URL: 'https://a.example/mcp',
    NAME: 'SSH_AUTH_SOCK',
    WHEN: 'never',
  };

  test.each(SETTING_LIST)('--$flag and its variable mean the same', ({ flag, value }) => {
    const sample = value === undefined ? '1' : (samples[value] ?? '');
    const words = value === undefined ? [`--${flag}`] : [`--${flag}`, sample];
    const usual = { ...readSettings(['http'], {}), environment: {} };
    const byFlag = { ...readSettings(['http', ...words], {}), environment: {} };
    const byVariable = readSettings(['http'], { [variableOf(flag)]: sample });
    expect(byFlag).not.toEqual(usual);
    expect({ ...byVariable, environment: {} }).toEqual(byFlag);
  });

  test('roots are repeatable, resolved through links, and listed in a variable', () => {
    expect(readSettings(['--root', join(scratch, 'link'), '--root', tmpdir()], {}).roots).toEqual([
      scratch,
      realpathSync(tmpdir()),
    ]);
    expect(readSettings([], { CLAUDE_SESSIONS_ROOT: scratch }).roots).toEqual([scratch]);
  });

  test('a command has what stands behind it and its own flags, apart from the settings', () => {
    const argv = ['tail', 'my job', '--json', '--after', '3', '--state-dir', scratch];
    const { command, operand, commandFlags, stateDir } = readSettings(argv, {});
    expect({ command, operand, commandFlags, stateDir }).toEqual({
      command: 'tail',
      operand: 'my job',
      commandFlags: { json: true, after: '3' },
      stateDir: scratch,
    });
  });

  test('only a server needs its roots to be there', () => {
    const root = join(scratch, 'missing');
    expect(readSettings(['doctor', '--root', root], {}).roots).toEqual([root]);
    expect(() => readSettings(['http', '--root', root], {})).toThrow('--root');
  });

  describe('without a directory of its own a session works', () => {
    const here = process.cwd();
    const defaultIn = (home: string, roots: readonly string[]) => {
      vi.stubEnv('HOME', home);
      onTestFinished(() => void vi.unstubAllEnvs());
      const argv = roots.flatMap((root) => ['--root', root]);
      return readSettings(argv, {}).defaultDirectory;
    };

    test('here, if that is inside a root', () => {
      expect(defaultIn(scratch, [here])).toBe(here);
      expect(defaultIn(scratch, [scratch, dirname(here)])).toBe(here);
    });

    test('else in the only root', () => {
      expect(defaultIn(here, [scratch])).toBe(scratch);
      expect(defaultIn('/', [scratch])).toBe(scratch);
    });

    test('but not in one of several', () => {
      expect(defaultIn('/', [scratch, '/usr'])).toBeUndefined();
    });

    test('and never in the home directory itself, by whatever way it is one', () => {
      expect(defaultIn(here, [])).toBeUndefined();
      expect(defaultIn(scratch, [])).toBeUndefined();
      expect(defaultIn(scratch, [scratch])).toBeUndefined();
      expect(defaultIn(join(scratch, 'link'), [scratch])).toBeUndefined();
      expect(defaultIn(here, [here])).toBeUndefined();
    });
  });

  test('hosts, origins and authorization servers are repeatable, and stand with commas in a variable', () => {
    const argv = ['http', '--allowed-host', 'box.lan:7337', '--allowed-host', '[fe80::1]'];
    const environment = {
      CLAUDE_SESSIONS_ALLOWED_ORIGIN: 'https://a.example,http://b.example:8080',
      CLAUDE_SESSIONS_AUTH_SERVER: 'https://login.example/tenant',
    };
    expect(readSettings(argv, environment)).toMatchObject({
      allowedHosts: ['box.lan:7337', '[fe80::1]'],
      allowedOrigins: ['https://a.example', 'http://b.example:8080'],
      authServers: ['https://login.example/tenant'],
    });
  });

  test('variables are passed on by name, and stand with commas in a variable', () => {
    const argv = ['--env', 'SSH_AUTH_SOCK', '--env', '_own', '--env', 'PATH'];
    expect(readSettings(argv, {}).envs).toEqual(['SSH_AUTH_SOCK', '_own', 'PATH']);
    const environment = { CLAUDE_SESSIONS_ENV: 'GH_TOKEN,CLAUDE_CODE_USE_BEDROCK' };
    expect(readSettings([], environment).envs).toEqual(['GH_TOKEN', 'CLAUDE_CODE_USE_BEDROCK']);
  });

  test('a value given with the name of a variable is refused, and not repeated', () => {
    const read = () => readSettings(['--env', 'GH_TOKEN=ghp_secret'], {});
    expect(read).toThrow(
      /^--env \(or CLAUDE_SESSIONS_ENV\): expected the name only: the value is taken from the env/,
    );
    expect(read).not.toThrow('ghp_secret');
  });

  test('one principal may have all sessions, unless its share is named', () => {
    expect(readSettings(['--max-sessions', '5'], {}).maxSessionsPerPrincipal).toBe(5);
    const argv = ['--max-sessions-per-principal', '3'];
    expect(readSettings(argv, {}).maxSessionsPerPrincipal).toBe(3);
  });

  test.each([
    [['--bogus'], /--bogus/],
    [['--env', ''], /--env .*expected the name of an environment variable/],
    [['--env', '2FA'], /--env .*expected the name of an environment variable/],
    [['--env', 'npm_config_*'], /--env .*expected the name of an environment variable/],
    [['--env', 'SSH_AUTH_SOCK', '--env', 'TMPDIR'], /--env .*TMPDIR is refused: each session has/],
    [['--env', 'CLAUDE_SESSIONS_MARKER'], /--env .*_MARKER is refused: it is for the server/],
    [['--env', 'CLAUDE_CODE_DISABLE_CRON'], /--env .*_CRON is refused: sessions depend on these/],
    [['--env', 'CLAUDECODE'], /--env .*CLAUDECODE is refused/],
    [['--env', 'LD_PRELOAD'], /--env .*LD_PRELOAD is refused: it would change the programs/],
    [['--allowed-host', 'https://a.example'], /--allowed-host.*expected a host/],
    [['--allowed-host', '*'], /--allowed-host.*expected a host/],
    [['--allowed-origin', 'a.example'], /--allowed-origin.*expected an/],
    [['--allowed-origin', 'https://a.example/'], /--allowed-origin.*an origin like/],
    [['--allowed-origin', '*'], /--allowed-origin/],
    [['--public-url', 'ftp://a.example/mcp'], /--public-url.*http or https/],
    [['--rate-limit', '0'], /--rate-limit.*1 to/],
    [['--port', 'many'], /--port.*CLAUDE_SESSIONS_PORT.*whole number/],
    [['--port', '65536'], /--port.*0 to 65535/],
    [['--max-live', '0'], /--max-live.*1 to/],
    [['--max-live', '-1'], /max-live/],
    [['--idle-evict-ms', '1e9'], /--idle-evict-ms/],
    [['--http-mode', 'stateless'], /--http-mode.*sessions or dual/],
    [['--log-level', 'loud'], /--log-level.*expected one of/],
    [['--root', join(scratch, 'missing')], /--root.*not an existing directory/],
    [['--root', join(scratch, 'file')], /--root.*not an existing directory/],
    [['--root', ''], /--root/],
    [['--log-level', 'warm'], /--log-level.*did you mean warn\?$/],
    [['--log-lvel', 'warn'], /^unknown flag --log-lvel; did you mean --log-level\?$/],
    [['--hlep'], /did you mean --help\?$/],
    [['tial', 'x'], /unknown command tial: .*; did you mean tail\?$/],
    [['serve'], /unknown command serve: expected one of stdio, http/],
    [['http', 'more'], /unknown command/],
    [['--json'], /--json: stdio does not take it, only list, watch, show, tail/],
    [['backup', 'f', '--json'], /--json: backup does not take it/],
    [['metrics', '--limit', '3'], /--limit: metrics does not take it, only list/],
    [['show'], /show: expected one ID/],
    [['show', ''], /show: expected one ID/],
    [['end', 'a', 'b'], /end: expected one ID/],
    [['backup'], /backup: expected one FILE/],
    [['list', 'a'], /unknown command list a/],
    [['send', 'a', 'b', 'c'], /send: expected one TEXT: the prompt, in quotes/],
    [['send'], /send: expected one ID/],
    [['list', '--json=yes'], /json/],
    [['http', '--no-auth', '--host', '0.0.0.0'], /--no-auth is refused on 0.0.0.0/],
  ])('refuses %j with one line that names it', (argv, message) => {
    expect(() => readSettings(argv, {})).toThrow(SettingError);
    expect(() => readSettings(argv, {})).toThrow(message);
    expect(() => readSettings(argv, {})).not.toThrow(/\n/);
  });

  test('a bad value in the environment names its variable', () => {
    expect(() => readSettings([], { CLAUDE_SESSIONS_NO_AUTH: 'maybe' })).toThrow(
      'CLAUDE_SESSIONS_NO_AUTH',
    );
  });

  test.each(['127.0.0.1', '127.9.9.9', 'localhost', '::1'])('serves %s without a token', (host) => {
    expect(readSettings(['http', '--no-auth', '--host', host], {}).noAuth).toBe(true);
  });
});

describe('paths are meant from', () => {
  const clone = join(import.meta.dirname, '..');
  const byNpm = { npm_lifecycle_event: 'start', INIT_CWD: scratch };

  test('where npm was called, when it started the program in its own folder', () => {
    expect(callersFolder(clone, byNpm, clone)).toBe(scratch);
  });

  test.each([
    ['another package’s script starts the program', byNpm, tmpdir()],
    ['nobody used npm', {}, clone],
    ['that folder is gone', { ...byNpm, INIT_CWD: join(scratch, 'gone') }, clone],
  ])('here, where %s', (_, environment, here) => {
    expect(callersFolder(clone, environment, here)).toBe(here);
  });
});

describe('npm waits for the program', () => {
  const clone = join(import.meta.dirname, '..');
  const start = { npm_lifecycle_event: 'start', npm_lifecycle_script: 'exec node dist/main.js' };
  const npx = { npm_lifecycle_event: 'npx', npm_lifecycle_script: "'claude-sessions-mcp'" };

  test.each([
    ['runs its start script', start, clone, true],
    ['was called as npx', npx, tmpdir(), true],
    ['runs the start script of another package', start, tmpdir(), false],
    [
      'runs another program that starts it',
      { ...npx, npm_lifecycle_script: "'agent'" },
      clone,
      false,
    ],
    ['was not used', {}, clone, false],
  ])('where it %s: %#', (_, environment, here, expected) => {
    expect(isRunByNpm(clone, environment, here)).toBe(expected);
  });
});

describe('the PATH is that of the caller of npm', () => {
  const clone = join(import.meta.dirname, '..');
  const own = '/opt/bin:/home/u/shop/node_modules/.bin:/usr/lib/npm/node-gyp-bin:/usr/bin';
  const added = '/a/node_modules/.bin:/node_modules/.bin:/usr/lib/npm/run-script/lib/node-gyp-bin';
  const start = { npm_lifecycle_event: 'start' };
  const pathOf = (environment: Record<string, string>) =>
    callersEnvironment(clone, environment, clone).PATH;

  test('without what npm has put before it', () => {
    expect(pathOf({ ...start, PATH: `${added}:${own}` })).toBe(own);
  });

  test('as it is if npm has put nothing there, or has not started the program', () => {
    expect(pathOf({ ...start, PATH: '/opt/bin:/usr/bin' })).toBe('/opt/bin:/usr/bin');
    expect(pathOf({ PATH: `${added}:${own}` })).toBe(`${added}:${own}`);
  });
});
