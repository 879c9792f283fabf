import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CLAUDE } from '../packaging/installed.ts';
import { ROOT } from '../support/client/program.ts';

const run = promisify(execFile);

type Shell = { readonly env: Readonly<Record<string, string>>; readonly scratch: string };

/** What the real `claude mcp get` says after a `claude mcp add` line was typed, with a temporary configuration. */
export async function addedToClaude({ env, scratch }: Shell, line = ''): Promise<string> {
  const claude = line.replaceAll('PATH_TO', ROOT).replace(/^claude/, '"$CLAUDE"');
  if (claude === line) throw new Error(`not a claude command: ${line}`);
  const options = { cwd: scratch, env: { ...env, CLAUDE } };
  await run('sh', ['-c', claude], options);
  const { stdout } = await run(CLAUDE, ['mcp', 'get', 'claude-sessions'], options);
  return stdout;
}
