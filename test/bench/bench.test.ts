import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import type { Results } from '../../bench/report.ts';
import { ROWS } from '../../bench/rows/index.ts';
import { ROOT } from '../support/client/program.ts';
import { lacksProc } from '../support/needs.ts';

test.skipIf(lacksProc)(
  'the short form measures every row and leaves nothing; how fast anything is, is not its business',
  {
    timeout: 300_000,
  },
  async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'bt-'));
    onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
    const args = [join(ROOT, 'bench', 'main.ts'), '--quick', '--json'];
    const env = { ...process.env, TMPDIR: scratch };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(stdout, stderr).not.toBe('');
    const { figures }: Results = JSON.parse(stdout);
    expect(new Set(figures.map(({ row }) => row))).toEqual(new Set(ROWS.map(({ name }) => name)));
    for (const figure of figures) {
      expect(figure.ours, figure.name).toBeTypeOf('number');
      expect(figure.base, figure.name).toBeTypeOf('number');
    }
    expect(figures.find(({ name }) => name === 'calls without a result')?.ours).toBe(0);
    expect(readdirSync(scratch)).toEqual([]);
  },
);

test('a row that there is not is named, with those that there are', async () => {
  const args = [join(ROOT, 'bench', 'main.ts'), '--only', 'reads,nothing'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const stderr = await text(child.stderr);
  expect(stderr).toContain('there is no row nothing');
  for (const { name, about } of ROWS) expect(stderr).toContain(`${name.padEnd(10)} ${about}`);
});
