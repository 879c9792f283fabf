/**
 * Makes dist/ anew: the program and the library, each with the packages it uses in the same files, so that a start reads
 * a few files instead of hundreds. What package.json names as a dependency stays outside, and is installed beside it.
 */

import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';

const ROOT = import.meta.dirname;
const OUT = join(ROOT, 'dist');
const LINE = `\n${'-'.repeat(80)}\n`;

const manifest = readJson(join(ROOT, 'package.json'));
const { output } = await build({
  cwd: ROOT,
  input: { main: 'src/main.ts', index: 'src/index.ts' },
  platform: 'node',
  external: Object.keys(manifest.dependencies),
  // Names stay: a server that runs may load a part of what has been built again since.
  output: {
    dir: OUT,
    cleanDir: true,
    chunkFileNames: 'chunks/[name].js',
    minifyInternalExports: false,
    // What main.js needs before it knows the runtime stands by itself: no other file imports an entry.
    codeSplitting: { groups: [{ name: 'start', test: /src\/(refusal|runtime)\.ts$/ }] },
  },
});
chmodSync(join(OUT, 'main.js'), 0o755);

const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
const foreign = modules.filter((id) => id.includes('/node_modules/'));
const folders = new Set(
  foreign.map((id) => /^.*\/node_modules\/(@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? id),
);
// A package may hold others, whose names its own bundler has left there. We have them too, if not of the same version.
const INNER = /^\/\/#region .*\bnode_modules\/((?:@[^/]+\/)?[^/]+)/gm;
const names = foreign.flatMap((id) =>
  [...readFileSync(id, 'utf8').matchAll(INNER)].map(([, name = '']) => name),
);
const inner = new Set(names.map((name) => join(ROOT, 'node_modules', name)));
const licences = [
  ...[...folders].map((folder) => licence(folder)),
  ...[...inner]
    .filter((folder) => !folders.has(folder))
    .map((folder) => licence(folder, '(inside another package)')),
];
writeFileSync(join(OUT, 'THIRD-PARTY-LICENSES'), licences.sort().join(LINE));

/** The name and version of a package, and the licence that lies in its folder. */
function licence(folder: string, place?: string): string {
  const { name, version } = readJson(join(folder, 'package.json'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)\b/i.test(file));
  if (files.length === 0) throw new Error(`${folder} has no licence, which the bundle must hold`);
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${place ?? version}`, ...texts].join('\n\n');
}

function readJson(file: string) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
