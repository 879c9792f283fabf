/**
 * `npm run bundle` and `npm run server-json`: what is published beside the npm package. Both are made of what is
 * already written down elsewhere, into a folder that git ignores, so that nothing of them is kept up by hand.
 */

import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeBundle, writeJson } from './bundle.ts';
import { ROOT, readPackage } from './package.ts';
import { serverJson } from './server-json.ts';

const OUT = join(ROOT, '.packages');

async function bundle(): Promise<string> {
  const file = join(OUT, `${readPackage().name}.mcpb`);
  await makeBundle(join(OUT, 'bundle'), file);
  return file;
}

function registryEntry(): string {
  const file = join(OUT, 'server.json');
  writeJson(file, serverJson(readPackage()));
  return file;
}

mkdirSync(OUT, { recursive: true });
const file = process.argv[2] === 'bundle' ? await bundle() : registryEntry();
console.log(`${file} (${Math.ceil(statSync(file).size / 1024)} KiB)`);
