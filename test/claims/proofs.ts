/** Where the tests are that prove a claim. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const TESTS = join(import.meta.dirname, '..');

/** What is wrong with a proof, or undefined where its file has a test, or a group of tests, of that name. */
export function proofProblem(proof: string): string | undefined {
  const [file = '', name] = proof.split(' › ');
  const path = join(TESTS, file);
  if (name === undefined || !existsSync(path)) return `${proof}: no such file`;
  return namesIn(readFileSync(path, 'utf8')).includes(name) ? undefined : `${proof}: no such test`;
}

/** The first argument of each call of a test, or of what `test.each` gave back, as it stands in the source. */
function namesIn(source: string): string[] {
  const calls = source.matchAll(
    /\b(?:test|it|describe)\b[^'"`]*?\(\s*(['"`])((?:\\.|(?!\1)[^\n\\])*)\1,/g,
  );
  const of = source.matchAll(/\)\(\s*(['"`])((?:\\.|(?!\1)[^\n\\])*)\1,/g);
  return [...calls, ...of].map(([, , name = '']) => name.replace(/\\(.)/g, '$1'));
}
