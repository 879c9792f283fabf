/** `npm run claims`: every claim of the README, with the tests that prove it. */

import { CLAIMS } from './claims.ts';

for (const { says, proof } of CLAIMS) {
  console.log(`${says}\n${proof.map((test) => `    test/${test}\n`).join('')}`);
}
console.log(
  `${CLAIMS.length} claims, ${new Set(CLAIMS.flatMap(({ proof }) => proof)).size} proofs`,
);
