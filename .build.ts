/**
 * Makes dist/ anew: the program and the library, each with the packages it uses in the same files, so that a start reads
 * a few files instead of hundreds. What package.json names as a dependency stays outside, and is installed beside it.
 */

import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';

const OUT = join(import.meta.dirname, 'dist');
const LINE = `\n${'-'.repeat(80)}\n`;

const manifest = readJson(join(import.meta.dirname, 'package.json'));
const { output } = await build({
  cwd: import.meta.dirname,
  input: { main: 'src/main.ts', index: 'src/index.ts' },
  platform: 'node',
  external: Object.keys(manifest.dependencies),
  // Names stay: a server that runs may load a part of what has been built again since.
  output: {
    dir: OUT,
    cleanDir: true,
    chunkFileNames: 'chunks/[name].js',
    minifyInternalExports: false,
  },
});
chmodSync(join(OUT, 'main.js'), 0o755);

const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
const folders = new Set(
  modules.flatMap((id) => /^.*\bnode_modules\/(@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []),
);
writeFileSync(join(OUT, 'THIRD-PARTY-LICENSES'), [...folders].map(licence).sort().join(LINE));

/** The name and version of a package, and the licence that lies in its folder. */
function licence(folder: string): string {
  const { name, version } = readJson(join(folder, 'package.json'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)\b/i.test(file));
  if (files.length === 0) throw new Error(`${folder} has no licence, which the bundle must hold`);
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version}`, ...texts].join('\n\n');
}

function readJson(file: string) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
