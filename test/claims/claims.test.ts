import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CLAIMS, NO_CLAIMS } from './claims.ts';
import { proofProblem } from './proofs.ts';
import { statementsIn } from './statements.ts';

const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');

describe('the claims', () => {
  test('are what the README says, no statement more and none less', () => {
    const listed = [...CLAIMS.map(({ says }) => says), ...NO_CLAIMS];
    expect(listed.toSorted()).toEqual(statementsIn(readme).toSorted());
  });

  test('are proved by tests that there are', () => {
    const problems = CLAIMS.flatMap(({ proof }) => proof).map(proofProblem);
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  });

  test('are not proved by a file, a name or a word that is none of a test', () => {
    for (const proof of [
      'no-such.test.ts › x',
      'claims/claims.test.ts › are proved by tests that there were',
      'claims/claims.test.ts › are proved',
      'claims/claims.test.ts › node:fs',
      'claims/claims.test.ts',
    ]) {
      expect(proofProblem(proof), proof).toBeDefined();
    }
  });
});

describe('the statements of a page', () => {
  test('are its sentences, its list items and its rows, without code, pictures and heads', () => {
    const page = `# Title

One sentence
over lines. Another: it goes on! **Bold.** *So?* e.g. this one.

![a picture](x.svg)

- an item
  of two lines
- another. And more.

\`\`\`sh
no claim
\`\`\`

| head | head |
|---|---|
| \`a\` | b |
`;
    expect(statementsIn(page)).toEqual([
      'One sentence over lines.',
      'Another: it goes on!',
      '**Bold.**',
      '*So?* e.g. this one.',
      'an item of two lines',
      'another.',
      'And more.',
      '| `a` | b |',
    ]);
  });
});
