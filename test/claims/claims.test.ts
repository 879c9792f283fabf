import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PAGES } from './claims.ts';
import { proofProblem } from './proofs.ts';
import { statementsIn } from './statements.ts';

const ROOT = join(import.meta.dirname, '..', '..');

describe('the claims', () => {
  test.each(PAGES)(
    'are what $page says, no statement more and none less',
    ({ page, ...listed }) => {
      const known = [...listed.claims.map(({ says }) => says), ...listed.others];
      const said = statementsIn(readFileSync(join(ROOT, page), 'utf8'));
      expect(known.toSorted()).toEqual(said.toSorted());
    },
  );

  test('are proved by tests that there are', () => {
    const proofs = PAGES.flatMap(({ claims }) => claims).flatMap(({ proof }) => proof);
    const problems = proofs.map(proofProblem).filter((problem) => problem !== undefined);
    expect([...new Set(problems)]).toEqual([]);
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
