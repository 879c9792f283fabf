/** The repository's mcp.json. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from './client/program.ts';

const entrySchema = z.strictObject({
  type: z.literal('stdio'),
  command: z.string(),
  args: z.array(z.string()),
});

const fileSchema = z.strictObject({
  mcpServers: z.strictObject({ 'claude-sessions': entrySchema }),
});

/** The entry of our server in the file. */
export async function mcpJsonEntry(): Promise<z.infer<typeof entrySchema>> {
  const file: unknown = JSON.parse(await readFile(join(ROOT, 'mcp.json'), 'utf8'));
  return fileSchema.parse(file).mcpServers['claude-sessions'];
}
