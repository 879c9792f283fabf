/** Where a run of the benchmarks lives: one temporary folder for everything, and the commands that start programs in it. */

import {
  chmodSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATABASE_FILE } from '../src/store/sqlite/files.ts';
import type { Command } from './rpc.ts';
import { makeStore, type StoreContent } from './stores.ts';

const ROOT = join(import.meta.dirname, '..');
const PROGRAMS = join(import.meta.dirname, 'programs');

export class Place {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'bench-')));
  /** The only root: sessions work here. */
  readonly work = this.folder('work');
  /** A Claude Code that starts and never says a word: a prompt that runs there stays, the next one waits. */
  readonly silentClaude = join(this.directory, 'claude');
  readonly #made = new Map<string, Promise<string>>();
  readonly #deferred: (() => Promise<void>)[] = [];
  #folders = 0;

  constructor() {
    writeFileSync(this.silentClaude, '#!/bin/sh\nexec sleep 600\n');
    chmodSync(this.silentClaude, 0o755);
  }

  /** A new folder. */
  folder(name: string): string {
    const folder = join(this.directory, name);
    mkdirSync(folder);
    return folder;
  }

  /** A state directory of one's own with this content; each content is made once and copied. */
  async state(content: StoreContent): Promise<string> {
    const key = JSON.stringify(content);
    const made = this.#made.get(key) ?? makeStore(this.#newFolder(), this.work, content);
    this.#made.set(key, made);
    const copy = this.#newFolder();
    const from = join(await made, DATABASE_FILE);
    copyFileSync(from, join(copy, DATABASE_FILE), constants.COPYFILE_FICLONE);
    return copy;
  }

  /** An empty state directory. */
  emptyState(): string {
    return this.#newFolder();
  }

  /** Our program as it is built, on a state directory. */
  ours(stateDirectory: string, args: readonly string[] = []): Command {
    const main = join(ROOT, 'dist', 'main.js');
    const settings = ['--state-dir', stateDirectory, '--root', this.work];
    return this.command([main, ...args, ...settings]);
  }

  /** A program of the benchmark's own. */
  program(file: string, args: readonly string[] = [], env: Command['env'] = {}): Command {
    return this.command([join(PROGRAMS, file), ...args], env);
  }

  /** Node with nothing of ours in its environment but what a process needs. */
  command(args: readonly string[], env: Command['env'] = {}): Command {
    const own = { PATH: process.env.PATH ?? '', HOME: this.directory, TMPDIR: this.directory };
    return { args, env: { ...own, ...env } };
  }

  /** What is to be cleared up at the end, whatever happens. */
  defer(work: () => Promise<void>): void {
    this.#deferred.push(work);
  }

  async remove(): Promise<void> {
    for (const work of this.#deferred) await work();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 10 });
  }

  #newFolder(): string {
    this.#folders += 1;
    return this.folder(`state-${this.#folders}`);
  }
}
