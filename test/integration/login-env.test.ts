/** A server that a desktop program has started finds the tools of its user, whatever the user's profile does. */

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import { Server, type Workplace } from '../support/client/place.ts';
import { script } from '../support/messages-api.ts';
import { makeWorkplace } from '../support/program.ts';
import { OPTIONS, POLL } from './sessions.ts';

/** A place as a desktop program would have it, for a user with this profile and a tool of their own. */
async function makeDesktop(profile: string): Promise<Workplace> {
  const place = await makeWorkplace();
  const home = join(place.scratch, 'home');
  const tools = join(home, 'own', 'bin');
  await mkdir(tools, { recursive: true });
  await writeFile(join(tools, 'own-tool'), '#!/bin/sh\necho "own $NVM_DIR $OWN_KEY $OTHER_KEY"\n', {
    mode: 0o755,
  });
  // Claude Code's own shells read it, too. Here, only what the server asks counts.
  const asked = `[ -n "$CLAUDE_SESSIONS_LOGIN" ] || return 0\n${profile}`;
  await writeFile(join(home, '.bash_profile'), asked);
  Object.assign(place.env, { TERM: '', PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home });
  return place;
}

const PROFILE = `
  echo 'Welcome back!'
  export PATH="$HOME/own/bin:$PATH" NVM_DIR=/own/nvm OWN_KEY=key-of-the-profile OTHER_KEY=other-key
  tail -f /dev/null &
`;

/** What the tool prints in a session. */
async function toolSays(server: Server, place: Workplace): Promise<string> {
  const { session } = await server.call('create_session', {
    workingDirectory: place.directory,
    allowedTools: ['Bash'],
    prompt: script([{ tool: 'Bash', input: { command: 'own-tool 2>&1' } }, { text: 'done' }]),
  });
  const wait = { sessionIds: [session.id], until: 'turn_end', waitMs: 45_000 };
  await server.call('wait_sessions', wait);
  const { events } = await server.call('read_events', { sessionId: session.id, detail: 'full' });
  return events.flatMap((event) => (event.type === 'tool_result' ? [event.text] : [])).join();
}

describe('in a session of a server that a desktop program has started', OPTIONS, () => {
  test('a tool of the user is found, and no credential is there that is not named', async () => {
    const place = await makeDesktop(PROFILE);
    const args = ['--env', 'OWN_KEY'];
    const server = await new Server(place, { args }).initialize();
    expect(await toolSays(server, place)).toBe('own /own/nvm [redacted]');
    await server.program.leave();
    await expect.poll(() => processesWith(place.scratch), POLL).toEqual([]);
  });

  test.each([
    ['at a terminal', { TERM: 'xterm' }, []],
    ['with --login-env never', {}, ['--login-env', 'never']],
  ])('it is not, %s', async (_, env, args) => {
    const place = await makeDesktop(PROFILE);
    const server = await new Server(place, { env, args }).initialize();
    expect(await toolSays(server, place)).toMatch(/own-tool: (command )?not found/);
    await server.program.leave();
  });

  test('a profile that fails costs nothing but the tools', async () => {
    const place = await makeDesktop(`${PROFILE}\nexit 1`);
    const server = await new Server(place).initialize();
    expect(await toolSays(server, place)).toMatch(/own-tool: (command )?not found/);
    const { stderr } = await server.program.leave();
    expect(stderr).toContain('login shell told no environment');
  });
});

describe('a login shell that hangs', OPTIONS, () => {
  async function startHanging(): Promise<{ place: Workplace; server: Server }> {
    const place = await makeDesktop('touch ~/begun; setsid tail -f /dev/null & sleep 600');
    const server = await new Server(place).initialize();
    const begun = join(place.scratch, 'home', 'begun');
    await expect.poll(() => existsSync(begun), POLL).toBe(true);
    return { place, server };
  }

  test('keeps no client waiting', async () => {
    const { place, server } = await startHanging();
    expect(await server.call('get_metrics')).toMatchObject({ totalSessions: 0 });
    expect((await processesWith(join(place.scratch, 'home'))).length).toBeGreaterThan(1);
    expect(await toolSays(server, place)).toMatch(/own-tool: (command )?not found/);
    await server.program.leave();
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)('ends with its server, by %s', async (signal) => {
    const { place, server } = await startHanging();
    server.program.child.kill(signal);
    await server.program.ended;
    await expect.poll(() => processesWith(place.scratch), { timeout: 5000 }).toEqual([]);
  });
});
