/** `npm run claims`: every claim of the README and of the page for operators, with the tests that prove it. */

import { PAGES } from './claims.ts';

for (const { page, claims } of PAGES) {
  console.log(`${page}\n${'='.repeat(page.length)}\n`);
  for (const { says, proof } of claims) {
    console.log(`${says}\n${proof.map((test) => `    test/${test}\n`).join('')}`);
  }
  const tests = new Set(claims.flatMap(({ proof }) => proof));
  console.log(`${claims.length} claims, proved by ${tests.size} tests\n`);
}
