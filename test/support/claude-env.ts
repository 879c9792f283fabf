import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type IsolatedEnvironment = {
  /** The complete environment of a Claude Code child: nothing is inherited but the `PATH`. */
  env: Record<string, string>;
  /** Fresh folder that holds its home, configuration and temporary files; room for a test's own files too. */
  directory: string;
  /** Deletes the folder. End the children first. */
  remove(): Promise<void>;
};

/** Everything a real Claude Code needs to run against the stand-in at `apiUrl` and to touch nothing else. */
export async function isolatedEnvironment(apiUrl: string): Promise<IsolatedEnvironment> {
  // On macOS, tmpdir() is so long that the path of a socket below it would be too long.
  const parent = process.platform === 'darwin' ? '/private/tmp' : tmpdir();
  const directory = await mkdtemp(join(parent, 'claude-env-'));
  const folders = {
    HOME: join(directory, 'home'),
    CLAUDE_CONFIG_DIR: join(directory, 'config'),
    TMPDIR: join(directory, 'tmp'),
  };
  await Promise.all(Object.values(folders).map((folder) => mkdir(folder)));
  return {
    env: { ...folders, ...fixedVariables(apiUrl) },
    directory,
    // A process that just ended may still be flushing a file: try again rather than fail the test.
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: 10 }),
  };
}

function fixedVariables(apiUrl: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    SHELL: '/bin/bash',
    USER: 'tester',
    // As at a terminal: for a desktop program, the server would ask the login shell.
    TERM: 'dumb',
    ANTHROPIC_BASE_URL: apiUrl,
    ANTHROPIC_API_KEY: 'sk-ant-test-key',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
    DISABLE_AUTOUPDATER: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  };
}

/** The Claude Code that the Agent SDK brings for this platform. */
export function claudeBinary(): string {
  const { platform, arch } = process;
  const name = platform === 'win32' ? 'claude.exe' : 'claude';
  const sdk = createRequire(import.meta.resolve('@anthropic-ai/claude-agent-sdk'));
  return sdk.resolve(`@anthropic-ai/claude-agent-sdk-${platform}-${arch}/${name}`);
}
