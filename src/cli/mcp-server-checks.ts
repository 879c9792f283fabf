/** The checks of `doctor` on the operator's MCP servers. */

import { constants } from 'node:fs';
import { stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Settings } from '../config.ts';
import { SettingError } from '../errors.ts';
import type { Environment } from '../runner/environment.ts';
import { readServerFile } from '../runner/mcp-server-file.ts';
import type { McpServer } from '../runner/mcp-servers.ts';
import { tildePath } from '../views/figures.ts';
import { type CheckResult, type Finding, fail, may, ok, warn } from './state-checks.ts';

/** Whether the file can be read, and its programs are there; empty without a file. None is started or connected to. */
export async function mcpServerChecks(settings: Settings): Promise<readonly CheckResult[]> {
  const { sessionMcpConfig: file, environment } = settings;
  if (file === undefined) return [];
  try {
    const servers = await readServerFile(file, environment);
    if (servers.size === 0) return [{ name: 'MCP servers', ...ok(`none in ${tildePath(file)}`) }];
    return await Promise.all(
      [...servers].map(async ([name, server]) => {
        const found = await serverCheck(server, environment);
        return { name: 'MCP server', ...found, detail: `${name}: ${found.detail}` };
      }),
    );
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    const hint = 'no server starts with it: correct it, or omit --session-mcp-config.';
    return [{ name: 'MCP servers', ...fail(error.message, hint) }];
  }
}

async function serverCheck(server: McpServer, environment: Environment): Promise<Finding> {
  // The rest of an address may hold a key.
  if ('url' in server) return ok(`${server.type}, at ${new URL(server.url).origin}`);
  const { command, env = {} } = server;
  const program = await programNamed(command, { ...environment, ...env });
  if (program !== undefined) return ok(tildePath(program));
  const where = isAbsolute(command) ? 'is no program' : 'is not on the PATH';
  return warn(`${command} ${where}`, 'install it, or write its absolute path into the file.');
}

async function programNamed(
  command: string,
  environment: Environment,
): Promise<string | undefined> {
  const folders = (environment.PATH ?? environment.Path ?? '').split(delimiter).filter(isAbsolute);
  const paths = isAbsolute(command) ? [command] : folders.map((folder) => join(folder, command));
  const endings = process.platform === 'win32' ? ['', '.exe', '.cmd', '.bat'] : [''];
  for (const path of paths.flatMap((each) => endings.map((ending) => each + ending))) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() && (await may(path, constants.X_OK))) return path;
  }
  return undefined;
}
