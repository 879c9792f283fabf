import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { demoScreen } from './screen.ts';
import { terminalSvg } from './svg.ts';

test('the picture of the README shows what the demo prints; `npm run picture` makes it', async () => {
  const file = join(import.meta.dirname, '..', '..', 'docs', 'demo.svg');
  expect(readFileSync(file, 'utf8')).toBe(terminalSvg('npm run demo', await demoScreen()));
}, 180_000);
