import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { childEnvironment, claudeDirectory } from '../../src/runner/environment.ts';

const OWN = { marker: 'the-marker', temporaryDirectory: '/scratch/1' };
const ALWAYS = {
  CLAUDE_SESSIONS_MARKER: 'the-marker',
  CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS: '1',
  CLAUDE_CODE_STARTUP_FAILURE_RESULTS: '1',
  CLAUDE_CODE_DISABLE_CRON: '1',
  CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
  CLAUDE_CODE_MAX_RETRIES: '3',
  TMPDIR: '/scratch/1',
};

const pass = (source: Record<string, string | undefined>) => childEnvironment(source, OWN);

test('an empty environment gives what every session needs', () => {
  expect(pass({})).toEqual(ALWAYS);
});

test('what is not on the list stays out, however it is named', () => {
  const names = `
    CLAUDE_SESSIONS_TOKEN_FILE CLAUDE_SESSIONS_STATE_DIR CLAUDECODE CLAUDE_CODE_SESSION_ID
    CLAUDE_CODE_MESSAGING_SOCKET CLAUDE_CODE_ENTRYPOINT GITHUB_TOKEN OPENAI_API_KEY DATABASE_URL
    NODE_OPTIONS LD_PRELOAD LD_LIBRARY_PATH SSH_AUTH_SOCK XDG_RUNTIME_DIR PATH_TO_SECRET MY_PATH ANTHROPIC_ADMIN_KEY LC_
    __proto__`;
  const secrets = names
    .trim()
    .split(/\s+/)
    .map((name) => [name, 'x']);
  expect(pass(Object.fromEntries(secrets))).toEqual(ALWAYS);
});

test('what a session needs goes along unchanged', () => {
  const useful = {
    PATH: '/bin',
    HOME: '/home/me',
    LANG: 'C.UTF-8',
    LC_ALL: 'C',
    https_proxy: 'http://proxy',
    CLAUDE_CONFIG_DIR: '/config',
    ANTHROPIC_API_KEY: 'key',
    ANTHROPIC_BASE_URL: 'http://gateway',
    ANTHROPIC_MODEL: 'm',
    ANTHROPIC_DEFAULT_HAIKU_MODEL: 'h',
    ANTHROPIC_SMALL_FAST_MODEL: 's',
    IS_SANDBOX: '1',
  };
  expect(pass({ ...useful, TERM: undefined })).toEqual({ ...ALWAYS, ...useful });
});

test('where tools are goes along', () => {
  const places = {
    CARGO_HOME: '/opt/cargo',
    NVM_DIR: '/home/me/.nvm',
    NIX_LD: '/run/current-system/sw/share/nix-ld/lib/ld.so',
    XDG_CACHE_HOME: '/var/cache/me',
    ALL_PROXY: 'socks5://proxy',
  };
  expect(pass(places)).toEqual({ ...ALWAYS, ...places });
});

test('an operator may add names, each as it is', () => {
  const source = { SSH_AUTH_SOCK: '/agent', SSH_AUTH_SOCK_2: '/other', EMPTY: '', GONE: undefined };
  const named = ['SSH_AUTH_SOCK', 'EMPTY', 'GONE', 'MISSING'];
  expect(childEnvironment(source, { ...OWN, named })).toEqual({
    ...ALWAYS,
    SSH_AUTH_SOCK: '/agent',
    EMPTY: '',
  });
});

test('no folder of the session’s directory is searched for programs or libraries', () => {
  const source = {
    PATH: ':/opt/bin:.:bin:./node_modules/.bin:/usr/bin:',
    LD_LIBRARY_PATH: ':/opt/lib',
    NIX_LD_LIBRARY_PATH: '.',
  };
  expect(childEnvironment(source, { ...OWN, named: ['LD_LIBRARY_PATH'] })).toEqual({
    ...ALWAYS,
    PATH: '/opt/bin:/usr/bin',
    LD_LIBRARY_PATH: '/opt/lib',
  });
  expect(pass({ PATH: '' })).toEqual(ALWAYS);
});

test('Claude Code keeps its configuration where this server looks for it, and never in a session’s directory', () => {
  expect(pass({ CLAUDE_CONFIG_DIR: '' })).toEqual(ALWAYS);
  const named = ['CLAUDE_CONFIG_DIR'];
  expect(childEnvironment({ CLAUDE_CONFIG_DIR: '' }, { ...OWN, named })).toEqual(ALWAYS);
  expect(pass({ CLAUDE_CONFIG_DIR: 'conf' }).CLAUDE_CONFIG_DIR).toBe(resolve('conf'));
  for (const CLAUDE_CONFIG_DIR of ['', 'conf', '/conf', undefined]) {
    const source = { HOME: '/home/me', CLAUDE_CONFIG_DIR };
    expect(claudeDirectory(pass(source))).toBe(claudeDirectory(source));
  }
});

test('an operator may set the number of retries, but not what tells sessions apart', () => {
  const env = pass({
    CLAUDE_CODE_MAX_RETRIES: '1',
    CLAUDE_SESSIONS_MARKER: 'of an outer session',
    TMPDIR: '/tmp',
    CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS: '0',
    CLAUDE_CODE_DISABLE_CRON: '0',
    CLAUDE_CODE_DISABLE_AUTO_MEMORY: '0',
  });
  expect(env).toEqual({ ...ALWAYS, CLAUDE_CODE_MAX_RETRIES: '1' });
});

test('on Windows the folder for temporary files has its names there', () => {
  const env = pass({ SystemRoot: 'C:\\Windows', TEMP: 'C:\\Temp', Path: 'C:\\bin' });
  expect(env).toMatchObject({ TEMP: '/scratch/1', TMP: '/scratch/1', Path: 'C:\\bin' });
});

describe('the credentials of a cloud', () => {
  const clouds = {
    CLAUDE_CODE_USE_BEDROCK: { AWS_SECRET_ACCESS_KEY: 'a', AWS_REGION: 'r' },
    CLAUDE_CODE_USE_VERTEX: { GOOGLE_APPLICATION_CREDENTIALS: 'g', CLOUD_ML_REGION: 'r' },
    CLAUDE_CODE_USE_FOUNDRY: { AZURE_CLIENT_SECRET: 'z', ANTHROPIC_FOUNDRY_RESOURCE: 'r' },
  };
  const all = Object.assign({}, ...Object.values(clouds));

  test.each(Object.entries(clouds))('go along only with %s', (name, own) => {
    expect(pass({ ...all, [name]: '1' })).toEqual({ ...ALWAYS, [name]: '1', ...own });
  });

  test.each([undefined, '', '0', 'false', 'No'])('stay out while the switch is %j', (off) => {
    expect(pass({ ...all, CLAUDE_CODE_USE_BEDROCK: off })).toEqual(ALWAYS);
  });
});
