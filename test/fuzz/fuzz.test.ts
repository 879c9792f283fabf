import { expect, test } from 'vitest';
import { carryOut } from '../rig/run.ts';
import { fuzz } from './fuzz.ts';
import { HTTP_KINDS } from './http.ts';
import { STDIO_KINDS } from './stdio.ts';

test('hostile inputs of every kind get errors for the reader, and the program goes on', {
  timeout: 120_000,
}, async () => {
  const { summary, violations } = await carryOut(fuzz, { seed: 3, seconds: 90, count: 1000 });
  expect(violations).toEqual([]);
  const tried = Object.keys(summary);
  expect(tried).toEqual(expect.arrayContaining(STDIO_KINDS.map((kind) => `stdio, ${kind}`)));
  expect(tried).toEqual(expect.arrayContaining(HTTP_KINDS.map((kind) => `http, ${kind}`)));
});
