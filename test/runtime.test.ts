import { describe, expect, test } from 'vitest';
import { isSafeSqlite, type Runtime, runtimeProblem, thisRuntime } from '../src/runtime.ts';

const NODE = { node: '20.20.2' };
const DESKTOP = { node: '22.18.0', electron: '38.1.2' };

function problemOf(runtime: Partial<Runtime>): string {
  return (
    runtimeProblem({ versions: NODE, execPath: '/opt/node', sqlite: '3.53.4', ...runtime }) ?? ''
  );
}

test.each(['3.51.3', '3.51.4', '3.53.0', '4.0'])('SQLite %s will do', (version) => {
  expect(isSafeSqlite(version)).toBe(true);
});

test.each(['3.51.2', '3.51', '3.9.99', '2.99.99', 'unknown', ''])(
  'SQLite %j will not',
  (version) => {
    expect(isSafeSqlite(version)).toBe(false);
  },
);

describe('the runtime', () => {
  test('is judged by its SQLite, whatever the number of its Node', () => {
    expect(problemOf({ versions: NODE })).toBe('');
    expect(problemOf({ versions: DESKTOP })).toBe('');
    expect(problemOf({ versions: { node: '24.21.0' }, sqlite: '3.51.2' })).not.toBe('');
  });

  test('is named with its path, beside the one that is needed and what to do', () => {
    const problem = problemOf({ execPath: '/opt/old node\n\u001b[31m/node', sqlite: undefined });
    expect(problem).toMatch(/^Node 22\.22\.3 .*24\.15 .*needed for SQLite 3\.51\.3; /);
    expect(problem).toContain('found Node v20.20.2 (/opt/old node  [31m/node) with no SQLite; ');
    expect(problem).toContain('first in PATH');
  });

  test('of a desktop program is not one that can be put first in PATH', () => {
    const problem = problemOf({ versions: DESKTOP, execPath: '/Helper', sqlite: '3.50.4' });
    expect(problem).toContain(
      'Node v22.18.0 inside a desktop program (Electron 38.1.2) with SQLite 3.50.4',
    );
    expect(problem).toContain('update the desktop program');
    expect(problem).not.toMatch(/Helper|PATH/);
  });

  test('of this test is the one that the project comes with', () => {
    expect(thisRuntime().sqlite).toBe(process.versions.sqlite);
    expect(runtimeProblem(thisRuntime())).toBeUndefined();
  });
});
