/** What doctor says of the variables and the PATH that sessions get. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Environment } from '../../src/config.ts';
import { World } from './world.ts';

type Check = { name: string; status: string; detail: string; hint?: string };

async function checksOf(
  environment: Environment,
  words: string[] = [],
  world = new World(),
): Promise<Check[]> {
  const { checks } = await world.json(['doctor', ...words], { environment });
  return checks;
}

function named(checks: readonly Check[], name: string): Check[] {
  return checks.filter((check) => check.name === name);
}

const PATH = '/usr/local/bin:/usr/bin:/bin';

describe('of the variables, doctor', () => {
  test('is content with none that is missed', async () => {
    expect(named(await checksOf({ PATH, EDITOR: 'vi' }), 'environment')).toEqual([
      { name: 'environment', status: 'ok', detail: 'sessions get the usual variables' },
    ]);
  });

  test.each([
    [{ SSH_AUTH_SOCK: '/agent' }, 'git over ssh cannot use the keys of the agent'],
    [{ GH_TOKEN: 'ghp_secret', GITHUB_TOKEN: 'ghp_secret' }, 'gh is not logged in by it'],
    [{ GNUPGHOME: '/gpg', GPG_TTY: '/dev/pts/1' }, 'signing of commits with GPG may fail'],
    [{ DOCKER_HOST: 'unix:///docker' }, 'docker uses the usual daemon and logins'],
    [{ npm_config_registry: 'https://npm.example' }, 'npm uses ~/.npmrc'],
    [{ PIP_INDEX_URL: 'https://u:ghp_secret@pip.example' }, 'pip uses its usual index'],
    [{ AWS_PROFILE: 'work' }, 'aws uses its default profile'],
  ])('names %j, what fails, and the flags that help, and no value', async (given, fails) => {
    const [check, ...more] = named(await checksOf({ PATH, ...given }), 'environment');
    expect(more).toEqual([]);
    const names = Object.keys(given);
    const are = names.length === 1 ? 'is' : 'are';
    expect(check).toEqual({
      name: 'environment',
      status: 'warn',
      detail: `${names.join(', ')} ${are} set here and not passed on: ${fails}`,
      hint: `pass ${names.map((name) => `--env ${name}`).join(' ')} if sessions need it.`,
    });
    const flags = names.flatMap((name) => ['--env', name]);
    expect(named(await checksOf({ PATH, ...given }, flags), 'environment')).toMatchObject([
      { status: 'ok', detail: `sessions get the usual variables, and ${names.join(', ')}` },
    ]);
  });

  test('misses no credential of a cloud that Claude Code uses', async () => {
    const environment = { PATH, AWS_PROFILE: 'work', CLAUDE_CODE_USE_BEDROCK: '1' };
    expect(named(await checksOf(environment), 'environment')).toMatchObject([{ status: 'ok' }]);
  });

  test('says that a name is passed on and not set', async () => {
    const flags = ['--env', 'GH_TOKEN', '--env', 'EMPTY'];
    const checks = await checksOf({ PATH, EMPTY: '' }, flags);
    expect(named(checks, 'environment')).toEqual([
      {
        name: 'environment',
        status: 'warn',
        detail: 'GH_TOKEN is not set here, so --env GH_TOKEN passes nothing on',
        hint: 'set it where the server starts.',
      },
    ]);
  });
});

describe('of the PATH, doctor', () => {
  test.each([
    [PATH, { status: 'ok', detail: '/usr/local/bin, /usr/bin, /bin' }],
    [
      '/bin:./node_modules/.bin::/bin',
      {
        status: 'warn',
        detail: expect.stringMatching(/^\/bin; left out: \.\/node_modules\/\.bin, \(empty\)$/),
      },
    ],
    ['', { status: 'warn', detail: 'none: sessions find no programs' }],
  ])('shows what sessions get of %j', async (path, expected) => {
    expect(named(await checksOf({ PATH: path }), 'PATH')).toMatchObject([expected]);
  });

  /** A user whose shell has this profile. */
  function makeUser(profile: string) {
    const world = new World();
    const home = join(world.scratch, 'home');
    mkdirSync(home);
    writeFileSync(join(home, '.bash_profile'), profile);
    return { world, environment: { PATH, HOME: home, SHELL: '/bin/bash' } };
  }

  const ADDS = 'PATH=/opt/tools:$PATH; export GH_TOKEN=ghp_secret ANTHROPIC_API_KEY=sk-secret';

  test('shows that of the login shell first, where a desktop program would start the server', async () => {
    const { world, environment } = makeUser(ADDS);
    const flags = ['--env', 'GH_TOKEN', '--env', 'ANTHROPIC_API_KEY'];
    const checks = await checksOf(environment, flags, world);
    expect(named(checks, 'PATH')).toMatchObject([
      { status: 'ok', detail: expect.stringMatching(/^\/opt\/tools, .*\/bin/) },
    ]);
    expect(named(checks, 'login shell')).toMatchObject([
      { status: 'ok', detail: expect.stringMatching(/^\/bin\/bash told its PATH in \d+\.\d s/) },
    ]);
    expect(named(checks, 'credentials')).toMatchObject([{ detail: 'API key (ANTHROPIC_API_KEY)' }]);
    expect(JSON.stringify(checks)).not.toContain('secret');
  });

  test('at a terminal, says what such a server would get', async () => {
    const { world, environment } = makeUser(ADDS);
    const checks = await checksOf({ ...environment, TERM: 'xterm' }, [], world);
    expect(named(checks, 'PATH')).toMatchObject([{ detail: '/usr/local/bin, /usr/bin, /bin' }]);
    expect(named(checks, 'login shell')).toMatchObject([
      {
        status: 'ok',
        detail: expect.stringMatching(/desktop program starts gets its PATH: \/opt\/tools, /),
      },
    ]);
  });

  test('says that the login shell does not answer, and does not fail', async () => {
    const { world, environment } = makeUser('exit 3');
    expect(named(await checksOf(environment, [], world), 'login shell')).toMatchObject([
      {
        status: 'warn',
        detail: expect.stringContaining('/bin/bash ended with exit code 3 before it answered: '),
        hint: expect.stringContaining('--login-env never'),
      },
    ]);
  });

  test('does not ask it if a server would not', async () => {
    const { world, environment } = makeUser('touch ~/asked');
    const never = await checksOf(environment, ['--login-env', 'never'], world);
    const { SHELL: _, ...inContainer } = environment;
    const container = await checksOf(inContainer, [], world);
    for (const checks of [never, container]) expect(named(checks, 'login shell')).toEqual([]);
    expect(() => writeFileSync(join(environment.HOME, 'asked'), '', { flag: 'wx' })).not.toThrow();
  });
});
