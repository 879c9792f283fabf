import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Ids of the running processes whose command line or environment holds the text. */
export async function processesWith(text: string): Promise<string[]> {
  if (process.platform === 'linux') return procWith(text);
  const { stdout } = await promisify(execFile)('ps', ['-axEww', '-o', 'pid=', '-o', 'command=']);
  return stdout
    .split('\n')
    .flatMap((line) => (line.includes(text) ? [line.trim().split(' ')[0] ?? ''] : []));
}

async function procWith(text: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const hits = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      const seen = (await read('cmdline')) + (await read('environ'));
      return seen.includes(text) ? [pid] : [];
    }),
  );
  return hits.flat();
}
