/** `npm run picture`: writes the picture of the README, as the demo looks now. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoScreen } from './screen.ts';
import { terminalSvg } from './svg.ts';

const file = join(import.meta.dirname, '..', '..', 'docs', 'demo.svg');
writeFileSync(file, terminalSvg('npm run demo', await demoScreen()));
console.log(file);
