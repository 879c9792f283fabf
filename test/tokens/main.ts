/** `npm run tokens`: what an hour of supervision costs the model of the client. */

import { countHour } from './count.ts';
import { superviseHour } from './hour.ts';

const { once, calls, hour, wait } = countHour(await superviseHour());
console.log(`${'call'.padEnd(28)}${'asked'.padStart(8)}${'read'.padStart(8)}`);
for (const { tool, asked, read } of calls) {
  console.log(`${tool.padEnd(28)}${String(asked).padStart(8)}${String(read).padStart(8)}`);
}
console.log(`\nall calls and replies: ${hour}`);
console.log(`tools and instructions, once: ${once}`);
console.log(`each further wait for one session: ${wait}`);
