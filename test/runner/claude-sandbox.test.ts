import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SessionOptions } from '../../src/session/options.ts';
import { lacksSandbox } from '../support/needs.ts';
import type { TestSession } from './claude-world.ts';
import { openWorld } from './open-world.ts';
import { askedFor, run, touch, writeIn } from './questions.ts';

const world = await openWorld();
const home = join(world.directory, 'home');
const logs = join(home, '.cache', 'claude-cli-nodejs', '-work', 'mcp-logs-tools');

const at = (name: string) => join(world.directory, name);
const bash = (command: string, more = {}) => ({ tool: 'Bash', input: { command, ...more } });

async function start(options: Partial<SessionOptions> = {}): Promise<TestSession> {
  return await world.start({ options: { sandbox: true, ...options } });
}

/** What each of the commands said; none of them was asked for. */
async function said(session: TestSession, ...commands: string[]): Promise<string[]> {
  const from = session.heard.all('tool_result').length;
  await run(
    session,
    commands.map((command) => bash(command)),
  );
  expect(session.heard.asked).toEqual([]);
  return session.heard
    .all('tool_result')
    .slice(from)
    .map(({ text }) => text);
}

describe.skipIf(lacksSandbox)('a command in the sandbox', () => {
  beforeAll(async () => {
    await mkdir(join(home, '.ssh'));
    await writeFile(join(home, '.ssh', 'id'), 'the ssh key');
    await mkdir(join(home, 'dotfiles'));
    await writeFile(join(home, 'dotfiles', 'netrc'), 'the password');
    await symlink('dotfiles/netrc', join(home, '.netrc'));
    await mkdir(join(world.scratch, 'other'), { recursive: true });
    await writeFile(join(world.state, 'token'), 'the token');
    await mkdir(logs, { recursive: true });
    await writeFile(join(logs, '1.jsonl'), 'the words of a server');
  });

  test('writes in its directory and in $TMPDIR, and nowhere else', async () => {
    const session = await start();
    const outside = join(world.directory, 'outside');
    const own = join(world.scratch, session.uuid.replaceAll('-', '').slice(0, 16));
    await writeFile(join(own, 'note'), 'left there by a tool');
    const texts = await said(
      session,
      `touch inside && echo made; cat ${own}/note`,
      'echo kept > $TMPDIR/file && cat $TMPDIR/file && mktemp',
      `touch ${outside}; touch ${home}/outside; echo over`,
    );
    expect(texts[0]).toMatch(/made\s+left there by a tool/);
    expect(texts[1]).toMatch(new RegExp(`^kept\n${world.scratch}`));
    expect(texts[2]).toMatch(/((Read-only|not permitted).*\s+.*){2}over/);
    expect(await readdir(world.cwd)).toContain('inside');
    expect(await readdir(world.directory)).not.toContain('outside');
  });

  test('cannot write hooks and settings in its directory, but docs/operating.md says where it can', async () => {
    const added = at('added');
    const folders = [world.cwd, join(world.cwd, 'one'), join(world.cwd, 'two', 'down'), added];
    for (const folder of folders) execFileSync('git', ['init', '-q', folder]);
    const session = await start({ additionalDirectories: [added] });
    const names = '.git/hooks/new .git/config .claude/settings.json .mcp.json .bashrc';
    const write = `for name in ${names}; do mkdir -p $(dirname $name); echo >> $name && echo $name; done`;
    await writeFile(at('write'), `cd $1; exec 2>/dev/null; ${write}; echo over`);
    const commands = folders.map((folder) => `sh ${at('write')} ${folder}`);
    const written = (await said(session, ...commands)).map((text) => text.split('\n'));
    const hooks = ['.git/hooks/new', '.git/config'];
    const own = ['.claude/settings.json', '.mcp.json', '.bashrc'];
    expect(written).toEqual([
      ['over'],
      [...own, 'over'],
      [...hooks, ...own, 'over'],
      [...hooks, '.bashrc', 'over'],
    ]);
    for (const folder of folders.slice(0, 3)) await rm(join(folder, '.git'), { recursive: true });
  });

  test('does not leave the sandbox if Claude asks for that', async () => {
    const session = await start();
    const outside = join(world.directory, 'loose');
    await run(session, [bash(`touch ${outside}; echo over`, { dangerouslyDisableSandbox: true })]);
    expect(await readdir(world.directory)).not.toContain('loose');
  });

  test('sees no credentials: not in variables, and not in files', async () => {
    const environment = {
      ANTHROPIC_CUSTOM_HEADERS: 'X-Gate: 0123456789abcdef',
      HTTPS_PROXY: 'http://someone:password0@127.0.0.1:9',
      NO_PROXY: '127.0.0.1',
    };
    const tokens = join(world.directory, 'tokens');
    await writeFile(tokens, 'the token of a caller');
    const runner = world.runner({ environment, secretFiles: [tokens] });
    const session = await world.start({ options: { sandbox: true } }, runner);
    const [variables, files, folder] = await said(
      session,
      'env',
      `cat ${home}/.ssh/id ${home}/.netrc ${home}/dotfiles/netrc ${world.state}/token ${tokens}; cd; cat .cac*/*/*/*/*; echo over`,
      `ls ${world.scratch}`,
    );
    expect(variables).toContain(`HOME=${home}`);
    expect(variables).not.toMatch(/sk-ant|0123456789abcdef|password0/);
    expect(files).toContain('over');
    expect(files).not.toMatch(/the (ssh key|password|token|words of a server)/);
    expect(folder).toMatch(/^[0-9a-f]{16}$/);
  });

  test('reads no conversation of another session, not even of one that begins while it runs', async () => {
    const [begun, go] = [join(world.cwd, 'begun'), join(world.cwd, 'go')];
    execFileSync('sh', ['-c', 'mkfifo begun go'], { cwd: world.cwd });
    const session = await start();
    const look = `grep -rl 'WORDS-OF-ANOTHER' ${world.directory}/config; echo over`;
    const running = said(session, `echo > ${begun}; cat ${go}; ${look}`);
    await readFile(begun);
    const other = await world.start();
    await other.turn('WORDS-OF-ANOTHER');
    await writeFile(go, '');
    const texts = [...(await running), ...(await said(session, look))];
    expect(texts).toHaveLength(2);
    for (const text of texts) expect(text).toMatch(/^over$/m);
    expect(texts.join()).not.toContain(other.uuid);
  });

  test('reads the long outputs that Claude Code keeps of its own session', async () => {
    const session = await start();
    const [long = ''] = await said(session, 'seq 1 50000');
    const [path = ''] = /\/\S+projects\S+\.txt/.exec(long) ?? [];
    expect(await said(session, `tail -n 1 ${path}`)).toEqual(['50000']);
  });

  test('that is left running takes with it what the sandbox has put into the directory', async () => {
    const workingDirectory = at('left');
    await mkdir(workingDirectory);
    execFileSync('sh', ['-c', 'mkfifo begun'], { cwd: workingDirectory });
    const runner = world.runner({ limits: { closeMs: 20_000 } });
    const session = await world.start({ options: { sandbox: true, workingDirectory } }, runner);
    const running = bash('echo > begun; sleep 1000', { run_in_background: true });
    await Promise.all([run(session, [running]), readFile(join(workingDirectory, 'begun'))]);
    expect(await readdir(workingDirectory)).toContain('.mcp.json');
    await session.run.close();
    expect(await readdir(workingDirectory)).toEqual(['.claude', 'begun']);
    expect(await readdir(join(workingDirectory, '.claude'))).toEqual(['.cc-writes']);
  });

  test('works in a directory below the state directory, as worktrees are', async () => {
    const workingDirectory = join(world.state, 'worktrees', 'one');
    await mkdir(workingDirectory, { recursive: true });
    await mkdir(join(world.state, 'worktrees', 'two'));
    await said(await start({ workingDirectory }), 'touch made', `touch ${world.state}/made`);
    expect(await readdir(workingDirectory)).toContain('made');
    expect(await readdir(world.state)).not.toContain('made');
  });

  test('stays in it whatever a trusted repository says', async () => {
    const workingDirectory = join(world.directory, 'repository');
    const settings = {
      sandbox: {
        enabled: false,
        failIfUnavailable: false,
        allowUnsandboxedCommands: true,
        excludedCommands: ['touch *'],
        filesystem: { disabled: true, allowWrite: [world.directory], allowRead: [home] },
      },
      permissions: { allow: ['Bash(touch *)', `Edit(/${world.directory}/**)`] },
    };
    const text = JSON.stringify(settings);
    await mkdir(join(workingDirectory, '.claude'), { recursive: true });
    await writeFile(join(workingDirectory, '.claude', 'settings.json'), text);
    await writeFile(join(workingDirectory, '.claude', 'settings.local.json'), text);
    const record = { projects: { [workingDirectory]: { hasTrustDialogAccepted: true } } };
    await writeFile(join(world.directory, 'config', '.claude.json'), JSON.stringify(record));
    const session = await start({ workingDirectory, settings: 'project' });
    const texts = await said(session, `touch ${at('loosened')}`, `cat ${home}/.ssh/id; env; true`);
    expect(await readdir(world.directory)).not.toContain('loosened');
    expect(texts[1]).toContain('HOME=');
    expect(texts[1]).not.toMatch(/the ssh key|sk-ant/);
  });

  test('stays in it when the rules of the process are renewed', async () => {
    const [link, before, after] = [at('link'), at('before'), at('after')];
    await writeFile(before, 'the secret before');
    await writeFile(after, 'the secret after');
    await symlink(before, link);
    const runner = world.runner({ secretFiles: [link] });
    const session = await world.start({ options: { sandbox: true } }, runner);
    await said(session, 'echo one');
    await rm(link);
    await symlink(after, link);
    const outside = join(world.directory, 'renewed');
    const texts = await said(session, 'echo two', `cat ${after}; touch ${outside}; env; echo over`);
    expect(texts[1]).toContain('over');
    expect(texts[1]).not.toMatch(/the secret|sk-ant/);
    expect(await readdir(world.directory)).not.toContain('renewed');
  });

  describe('and the network', () => {
    const server = createServer((_request, response) => void response.end('the page'));
    const url = (host: string) => `http://${host}:${(server.address() as AddressInfo).port}/`;
    /** Through the proxy of the sandbox also for this machine itself. */
    const get = (host: string) => `curl -sS -m 10 --noproxy '' ${url(host)}; echo over`;

    beforeAll(async () => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    });
    afterAll(() => void server.close());

    test('reaches nothing', async () => {
      const [proxied, direct] = await said(
        await start(),
        get('localhost'),
        `curl -sS -m 10 --noproxy '*' ${url('127.0.0.1')}; echo over`,
      );
      expect(proxied).toContain('over');
      expect(proxied).not.toContain('the page');
      expect(direct).not.toContain('the page');
    });

    test('reaches a listed domain, and no other', async () => {
      const session = await start({ sandboxDomains: ['localhost', '*.example.org'] });
      const [listed, other] = await said(session, get('localhost'), get('127.0.0.1'));
      expect(listed).toContain('the page');
      expect(other).not.toContain('the page');
    });
  });
});

describe.skipIf(lacksSandbox)('with a sandbox', () => {
  test('files are written by question, and plan mode writes nothing', async () => {
    const asking = await start();
    const file = writeIn(world);
    asking.heard.answer = () => ({ decision: 'deny', message: 'no' });
    await run(asking, [file.step]);
    expect(askedFor(asking)).toEqual(['Write']);
    expect(await file.exists()).toBe(false);

    const planning = await start({ permissionMode: 'plan' });
    await run(planning, [touch('planned'), bash('echo x > planned-too'), bash('ls')]);
    expect(await readdir(world.cwd)).not.toContain('planned');
    expect(await readdir(world.cwd)).not.toContain('planned-too');
    expect(planning.heard.asked).toEqual([]);
  });

  test('disallowed tools stay disallowed', async () => {
    const none = await start({ disallowedTools: ['Bash'] });
    await run(none, [touch('none')]);
    const some = await start({ disallowedTools: ['Bash(touch *)'] });
    await run(some, [touch('some'), bash('cd . && touch some')]);
    expect(await readdir(world.cwd)).not.toContain('none');
    expect(await readdir(world.cwd)).not.toContain('some');
  });

  test('Claude is told how to add files to git, and that works', async () => {
    execFileSync('git', ['init', '-q'], { cwd: world.cwd });
    const session = await start({ appendSystemPrompt: 'Be brief.' });
    const [all, one] = await said(
      session,
      'touch added; git add -A',
      'git add added && git status --short added',
    );
    expect(all).toContain('can only add regular files');
    expect(one).toContain('A  added');
    const system = JSON.stringify(world.api.requests.at(-1)?.body?.system);
    expect(system).toContain('Be brief.');
    expect(system).toContain('In this sandbox add files to git by name');
  });
});
