/** Makes the bundle for Claude Desktop: the built program with all it needs, but for Claude Code itself. */

import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packExtension } from '@anthropic-ai/mcpb';
import { ICONS } from '../../src/views/icons.ts';
import { drawnAsPng } from './icon.ts';
import { bundleManifest, ENTRY, ICON } from './manifest.ts';
import { productionFolders, ROOT, readPackage } from './package.ts';

/** What only people read, and editors. Licences stay. */
const LEFT_OUT = /\.(map|md|markdown|d\.ts|d\.mts|d\.cts)$/i;

/** What Claude Desktop recommends. */
const ICON_PIXELS = 512;

/** Packs what was built; `stage` is made anew. Throws where the manifest is not valid. */
export async function makeBundle(stage: string, file: string): Promise<void> {
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  for (const folder of ['dist', ...productionFolders()]) {
    // What lies in a package's own node_modules is on the list by itself, where it is needed.
    const filter = (path: string) => !LEFT_OUT.test(path) && basename(path) !== 'node_modules';
    cpSync(join(ROOT, folder), join(stage, folder), { recursive: true, filter });
  }
  const { name, version, license } = readPackage();
  writeJson(join(stage, 'package.json'), { name, version, license, type: 'module' });
  writeJson(join(stage, 'manifest.json'), bundleManifest(readPackage()));
  cpSync(join(ROOT, 'LICENSE'), join(stage, 'LICENSE'));
  cpSync(join(import.meta.dirname, ENTRY), join(stage, ENTRY));
  writeFileSync(join(stage, ICON), drawnAsPng(ICONS.session, ICON_PIXELS));
  const isPacked = await packExtension({ extensionPath: stage, outputPath: file, silent: true });
  if (!isPacked) throw new Error(`mcpb did not pack ${stage}: see its manifest.json`);
}

export function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
