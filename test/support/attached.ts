/** Files as callers attach them, and what the server keeps of them. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Harness } from './harness.ts';

/** The smallest that their first bytes can tell apart from anything else. */
export const PNG = Buffer.from('\x89PNG\r\n\x1a\n one', 'latin1');
export const JPEG = Buffer.from('\xff\xd8\xff\xe0 two', 'latin1');
export const GIF = Buffer.from('GIF89a three');
export const WEBP = Buffer.from('RIFF\x01\x02\x03\x04WEBP four', 'latin1');
export const PDF = Buffer.from('%PDF-1.7 five');

export const PNG_DATA = { data: PNG.toString('base64'), mimeType: 'image/png' };

/** The bytes of the files that the server keeps, by name. */
export function keptBy(harness: Harness): Readonly<Record<string, Buffer>> {
  const folder = join(harness.settings.stateDir, 'attachments');
  const names = readdirSync(folder, { withFileTypes: true }).map(({ name }) => name);
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))]));
}
