/**
 * Where Claude Desktop starts the bundle: the folders that were picked come as arguments, fields that were left empty
 * as they stand in the manifest. Claude Code is looked for in its usual places, since a desktop program has a short PATH.
 * It may run this file with any Node, or import it into a process of its own, so there is nothing here that Node 14 does
 * not parse, and nothing that is true only of a program that was started by its name.
 */

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const isGiven = (value) => value !== undefined && value !== '' && !value.startsWith('${');

const { argv, env } = process;
const entry = fileURLToPath(import.meta.url);
// What imports this file has arguments of its own.
const from = argv.includes(entry) ? argv.indexOf(entry) + 1 : 2;
const folders = argv.slice(from).filter((word) => isGiven(word) && !word.startsWith('-'));
process.argv = [argv[0], entry];
if (folders.length > 0) env.CLAUDE_SESSIONS_ROOT = folders.join(delimiter);
for (const name of Object.keys(env)) {
  const isOurs = name.startsWith('CLAUDE_SESSIONS_') || name === 'ANTHROPIC_API_KEY';
  if (isOurs && !isGiven(env[name])) delete env[name];
}
const places = [
  ...(env.PATH || '').split(delimiter).filter(isGiven),
  ...[join(homedir(), '.local', 'bin'), '/opt/homebrew/bin', '/usr/local/bin'],
];
const installed = places.map((folder) => join(folder, 'claude')).find((file) => existsSync(file));
if (installed !== undefined && env.CLAUDE_SESSIONS_CLAUDE_PATH === undefined) {
  env.CLAUDE_SESSIONS_CLAUDE_PATH = installed;
}

void import('./dist/main.js');
