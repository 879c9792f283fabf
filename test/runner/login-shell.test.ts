/** What is read of a login shell, whatever its profile does, and that nothing of it is left. */

import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { guardingOnDemand } from '../../src/runner/guarding.ts';
import { askLoginShell, type LoginRequest } from '../../src/runner/login-shell.ts';
import { processesOf } from '../../src/runner/processes.ts';
import { processesWith } from '../demo/processes.ts';

/** Enough for a loaded machine, and no wait of a test that passes. */
const MS_MAX = 30_000;

const GUARDS = [
  { processGuard: 'auto', isPortable: false },
  { processGuard: 'supervisor', isPortable: false },
  { processGuard: 'auto', isPortable: true },
] as const;
type Guard = (typeof GUARDS)[number];

type Home = Readonly<Record<string, string>>;

/** A home directory with these files, and what is asked there. */
function makeHome(files: Home) {
  const folder = mkdtempSync(join(tmpdir(), 'login-'));
  const home = join(folder, 'home');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(home, name, '..'), { recursive: true });
    writeFileSync(join(home, name), text);
  }
  mkdirSync(home, { recursive: true });
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  const ask = (
    shell: string | undefined,
    more: Partial<LoginRequest> = {},
    guard: Guard = GUARDS[0],
  ) => {
    const processes = processesOf({ stateDir: folder, ...guard });
    return askLoginShell({
      environment: { HOME: home, SHELL: shell, PATH: '/usr/bin:/bin', SECRET_TOKEN: 'own-secret' },
      names: ['PATH', 'NVM_DIR', 'ODD', 'SECRET_TOKEN'],
      guarding: guardingOnDemand({ ...processes, log: pino({ level: 'silent' }) })(),
      system: processes.finder.system,
      newId: randomUUID,
      msMax: MS_MAX,
      ...more,
    });
  };
  return { folder, home, ask };
}

/** The system's own profile may set the rest. */
const TOOLS_FIRST = /^\/opt\/tools:(\/[\w/.-]+:)*\/bin\b/;

const ADDS = 'export PATH=/opt/tools:$PATH NVM_DIR="$HOME/.nvm"\n';
const FISH = 'set -gx PATH /opt/tools $PATH; set -gx NVM_DIR $HOME/.nvm\n';
const CSH = 'setenv PATH /opt/tools:$PATH; setenv NVM_DIR $HOME/.nvm\n';

/** Those of the profiles' files that only an interactive shell reads. */
const SHELLS: readonly [string, Home][] = [
  ['/bin/bash', { '.bash_profile': '. ~/.bashrc', '.bashrc': `case $- in *i*) ${ADDS};; esac` }],
  ['/bin/zsh', { '.zshrc': ADDS }],
  ['/bin/dash', { '.profile': ADDS }],
  ['/bin/sh', { '.profile': ADDS }],
  ['/usr/bin/fish', { '.config/fish/config.fish': `status is-interactive; and begin; ${FISH}end` }],
  ['/usr/bin/tcsh', { '.tcshrc': CSH }],
].filter(([shell]) => existsSync(shell as string)) as never;

const DETACHED = 'starts one in a session of its own';

/** What the profiles do that must not matter. */
const NOISE: readonly [string, string][] = [
  ['prints text and NULs', "echo 'Welcome!'; printf 'a\\0b\\0PATH=/evil\\n'; echo PATH=/evil >&2"],
  ['reads its input', 'read -r answer; read -p "Password: " -s more'],
  ['asks at the terminal', 'read -r answer < /dev/tty; sudo -v; stty sane'],
  ['starts a daemon that keeps the output open', 'tail -f /dev/null &'],
  [DETACHED, 'setsid tail -f /dev/null & disown'],
  ['prints while it is asked', '(while :; do echo noise; done) &'],
  ['prints at the end', "trap 'echo bye; sleep 600' EXIT"],
  ['fails', 'false; no-such-program; cd /nowhere'],
];

describe.each(GUARDS)('a login shell, guarded by %j', (guard) => {
  test.each(SHELLS)('%s tells what its profile adds', async (shell, files) => {
    const { home, ask } = makeHome(files);
    expect(await ask(shell, {}, guard)).toMatchObject({
      shell,
      values: { PATH: expect.stringMatching(TOOLS_FIRST), NVM_DIR: join(home, '.nvm') },
    });
    expect(await processesWith(home)).toEqual([]);
  });

  // Where the system keeps no mark of a process, one that leaves its parent and its group at once is not seen.
  const noise = guard.isPortable ? NOISE.filter(([does]) => does !== DETACHED) : NOISE;

  test.each(noise)('answers if its profile %s', async (_, does) => {
    const { home, ask } = makeHome({ '.bash_profile': `${does}\n${ADDS}` });
    expect(await ask('/bin/bash', {}, guard)).toMatchObject({
      values: { PATH: expect.stringMatching(TOOLS_FIRST), NVM_DIR: join(home, '.nvm') },
    });
    expect(await processesWith(home)).toEqual([]);
  });

  test.each([
    ['hangs', 'sleep 600', 'did not answer within 1500 ms'],
    ['hangs and ignores signals', "trap '' TERM HUP INT; while :; do :; done", 'did not answer'],
    ['never stops to print', 'yes noise', 'printed too much'],
    ['becomes another shell', 'exec sh', 'ended with exit code 0 before it answered'],
    ['ends', 'tail -f /dev/null & exit 3', 'ended with exit code 3 before it answered'],
  ])('gives nothing if its profile %s, and leaves nothing', async (_, does, problem) => {
    const { home, ask } = makeHome({ '.bash_profile': does });
    const answer = await ask('/bin/bash', { msMax: 1500 }, guard);
    expect(answer).toMatchObject({ problem: expect.stringContaining(problem) });
    expect(await processesWith(home)).toEqual([]);
  });
});

test.each([
  ['/bin/false', 'ended with exit code 1 before it answered'],
  ['/nowhere/zsh', 'is not a program'],
  ['/etc/passwd', 'is not a program'],
])('%s is no shell that answers', async (shell, problem) => {
  const { ask } = makeHome({});
  expect(await ask(shell)).toMatchObject({ shell, problem });
});

test('without SHELL, that of the account is asked', async () => {
  const { home, ask } = makeHome({ '.profile': ADDS, '.zprofile': ADDS });
  for (const shell of [undefined, '', 'zsh']) {
    expect(await ask(shell)).toMatchObject({
      shell: expect.stringMatching(/^\//),
      values: { NVM_DIR: join(home, '.nvm') },
    });
  }
});

test('the profile sees no credential of the server, and the answer none that is not asked for', async () => {
  const profile = `export SEEN="$SECRET_TOKEN" OWN_TOKEN=of-the-profile ODD=\${SECRET_TOKEN-none}\n`;
  const { ask } = makeHome({ '.bash_profile': profile });
  const answer = await ask('/bin/bash');
  expect(answer).toMatchObject({ values: { ODD: 'none' } });
  expect(JSON.stringify(answer)).not.toMatch(/own-secret|of-the-profile/);
});

test('values are read as they are, and what is absurdly long is left out', async () => {
  const odd = ' a\nb=c "d" \\ $e %s é ';
  const profile = `export ODD='${odd}' NVM_DIR=$(printf '%040000d' 0)\n`;
  const { ask } = makeHome({ '.bash_profile': profile });
  expect(await ask('/bin/bash')).toMatchObject({ values: { PATH: expect.any(String), ODD: odd } });
  expect(await ask('/bin/bash')).not.toHaveProperty('values.NVM_DIR');
});

test('the shell works in the home directory, or in / if there is none', async () => {
  const { home, ask } = makeHome({ '.bash_profile': 'export ODD=$PWD\n' });
  expect(await ask('/bin/bash')).toMatchObject({ values: { ODD: home } });
  const environment = { HOME: join(home, 'gone'), SHELL: '/bin/bash' };
  const names = ['PWD'];
  expect(await ask(undefined, { environment, names })).toMatchObject({ values: { PWD: '/' } });
});

test('a server that stops waits for no shell', async () => {
  const { home, ask } = makeHome({ '.bash_profile': 'touch ~/begun; sleep 600' });
  const stop = new AbortController();
  const asking = ask('/bin/bash', { signal: stop.signal });
  await expect.poll(() => existsSync(join(home, 'begun')), { timeout: 20_000 }).toBe(true);
  stop.abort();
  expect(await asking).toMatchObject({ problem: 'was not waited for' });
  expect(await processesWith(home)).toEqual([]);
});
