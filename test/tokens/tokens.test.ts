import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { countHour } from './count.ts';
import { superviseHour } from './hour.ts';

const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');

/** What the README rounds, and what Claude Code says in other words from one version to the next. */
const SHARE = 0.02;

test('an hour of supervision costs the tokens that the README says', async () => {
  const { hour, once, wait } = countHour(await superviseHour());
  for (const [what, tokens] of [
    [/about ([\d,]+) tokens in all/, hour],
    [/about ([\d,]+) more, once/, once],
    [/wait of up to 50 s costs about ([\d,]+)/, wait],
  ] as const) {
    const [, written = ''] = what.exec(readme.replaceAll('\n', ' ')) ?? [];
    const share = Number(written.replaceAll(',', '')) / tokens;
    expect(share, `${what} is ${tokens}`).toBeGreaterThan(1 - SHARE);
    expect(share, `${what} is ${tokens}`).toBeLessThan(1 + SHARE);
  }
}, 180_000);
