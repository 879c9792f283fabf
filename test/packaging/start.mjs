/**
 * Where Claude Desktop starts the bundle: the folders that were picked come as arguments, fields that were left empty
 * as they stand in the manifest. Claude Code is looked for in its usual places, since a desktop program has a short PATH.
 */

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const isGiven = (value) => value !== undefined && value !== '' && !value.startsWith('${');

const { env } = process;
const folders = process.argv.splice(2).filter(isGiven);
if (folders.length > 0) env.CLAUDE_SESSIONS_ROOT = folders.join(delimiter);
for (const name of ['CLAUDE_SESSIONS_CLAUDE_PATH', 'ANTHROPIC_API_KEY']) {
  if (!isGiven(env[name])) delete env[name];
}
const places = [
  ...(env.PATH ?? '').split(delimiter).filter(isGiven),
  ...[join(homedir(), '.local', 'bin'), '/opt/homebrew/bin', '/usr/local/bin'],
];
const installed = places.map((folder) => join(folder, 'claude')).find((file) => existsSync(file));
if (installed !== undefined) env.CLAUDE_SESSIONS_CLAUDE_PATH ??= installed;

await import('./dist/main.js');
