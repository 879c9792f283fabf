import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readSettings } from '../src/config.ts';
import { SettingError } from '../src/errors.ts';

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'trust-setting-')));
writeFileSync(join(scratch, 'file'), '');
afterAll(() => rmSync(scratch, { recursive: true }));

function folder(name: string): string {
  mkdirSync(join(scratch, name), { recursive: true });
  return join(scratch, name);
}

function trust(...values: string[]) {
  return readSettings(['--root', scratch, ...values.flatMap((value) => ['--trust', value])], {})
    .trust;
}

test('without it the record of Claude Code counts on stdio, and not over HTTP', () => {
  expect(readSettings([], {}).trust).toEqual({ directories: [], countsRecord: true });
  expect(readSettings(['http'], {}).trust).toEqual({ directories: [], countsRecord: false });
  expect(readSettings(['http', '--no-auth'], {}).trust.countsRecord).toBe(false);
  expect(readSettings(['http', '--trust', 'claude'], {}).trust.countsRecord).toBe(true);
  expect(readSettings(['--trust', 'none'], {}).trust.countsRecord).toBe(false);
});

test('names directories by their real paths, with a level or "user", beside a word or not', () => {
  const [a, b] = [folder('a'), folder('b')];
  symlinkSync(a, join(scratch, 'to-a'));
  expect(trust(join(scratch, 'to-a'), `${b}/=none`, 'none')).toEqual({
    directories: [
      { path: a, level: 'user' },
      { path: b, level: 'none' },
    ],
    countsRecord: false,
  });
  expect(trust(a)).toEqual({ directories: [{ path: a, level: 'user' }], countsRecord: true });
  const variable = {
    CLAUDE_SESSIONS_TRUST: ['claude', `${a}=memory`, '/=none'].join(delimiter),
  };
  expect(readSettings(['http', '--root', scratch], variable).trust).toEqual({
    directories: [
      { path: a, level: 'memory' },
      { path: '/', level: 'none' },
    ],
    countsRecord: true,
  });
});

test('takes a directory with "=" in its name', () => {
  const [odd, like] = [folder('x=y'), folder('z=user')];
  expect(trust(odd, `${like}/`)).toEqual(trust(`${odd}=user`, `${like}=user`));
  expect(trust(`${odd}=memory`).directories).toEqual([{ path: odd, level: 'memory' }]);
});

test('that lies inside a root or contains one is taken, and no other', () => {
  expect(trust(dirname(scratch), folder('inside')).directories).toHaveLength(2);
  expect(() => trust('/usr')).toThrow(/^--trust .*: \/usr is outside the roots.*--root$/);
});

test('of a command that is no server need not be there', () => {
  const missing = join(scratch, 'missing');
  const { trust } = readSettings(['doctor', '--trust', `${missing}=project`], {});
  expect(trust.directories).toEqual([{ path: missing, level: 'project' }]);
});

test('named twice has one level', () => {
  const a = folder('a');
  expect(trust(a, `${a}=user`).directories).toHaveLength(2);
  expect(() => trust(a, `${a}=none`)).toThrow(/has two levels, user and none$/);
});

test.each([
  [['rel'], /: rel is not an absolute path/],
  [['rel=user'], /: rel is not an absolute path/],
  [['~/x'], /~\/x is not an absolute path/],
  [['user'], /user is not an absolute path, nor the word claude or none$/],
  [['cluade'], /did you mean claude\?$/],
  [[''], /expected a path/],
  [['/missing'], /\/missing is not an existing directory/],
  [['/missing=all'], /\/missing=all is not an existing directory/],
  [[join(scratch, 'file')], /file is not an existing directory/],
  [[`${scratch}=all`], /all is not a level: expected one of none, memory, /],
  [[`${scratch}=`], /is not a level: expected one of/],
  [[`${scratch}=usr`], /did you mean user\?$/],
  [['claude', 'none'], /contradict each other/],
])('refuses %j with one line that names the setting', (values, message) => {
  const read = () => trust(...values);
  expect(read).toThrow(SettingError);
  expect(read).toThrow(/^--trust \(or CLAUDE_SESSIONS_TRUST\): [^\n]+$/);
  expect(read).toThrow(message);
});
