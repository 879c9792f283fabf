/** What the demo prints, without what is another thing each time: the picture of two runs is the same. */

import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..', '..');

/** Runs the demo of the built program with the stand-in. */
export async function demoScreen(): Promise<string> {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'claude-sessions-picture-')));
  const { ANTHROPIC_API_KEY: _, ...environment } = process.env;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['test/demo/main.ts'], {
      cwd: ROOT,
      env: { ...environment, TMPDIR: scratch },
    });
    return settled(stdout, scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function settled(text: string, scratch: string): string {
  const ids = new Map<string, string>();
  const fixed = (id: string): string => {
    const known = ids.get(id) ?? `${'5a1c0f7'}${ids.size}-6b7d-4c2e-9f30-8e4a2d1b5c6f`;
    ids.set(id, known);
    return known;
  };
  return text
    .replaceAll(new RegExp(`${scratch}/claude-sessions-demo-\\w+`, 'g'), '/home/you')
    .replaceAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g, fixed)
    .replace(/^ +uptimeMs.*\n/m, '')
    .trimEnd();
}
