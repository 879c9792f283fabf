/** Where one run lives: a stand-in of the API, a folder for everything, and how the server is started there. */

import { mkdirSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isolatedEnvironment } from '../support/claude-env.ts';
import { type MessagesApi, startMessagesApi } from '../support/messages-api.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
/** Much shorter than an operator's, so that eviction and resume happen all the time. */
const IDLE_EVICT_MS = 3000;
const MAX_LIVE = 12;

export type Flags = Readonly<Record<string, string | number>>;

export class Place {
  readonly api: MessagesApi;
  readonly directory: string;
  readonly work: string;
  readonly log: string;
  readonly #environment: Record<string, string>;
  readonly #remove: () => Promise<void>;

  private constructor(
    api: MessagesApi,
    directory: string,
    isolated: Awaited<ReturnType<typeof isolatedEnvironment>>,
  ) {
    this.api = api;
    this.directory = directory;
    this.work = join(directory, 'work');
    this.log = join(directory, 'server.log');
    this.#environment = isolated.env;
    this.#remove = isolated.remove;
  }

  static async make(): Promise<Place> {
    const api = await startMessagesApi({ requestsKept: 10 });
    const isolated = await isolatedEnvironment(api.url);
    const place = new Place(api, await realpath(isolated.directory), isolated);
    await mkdir(place.work);
    return place;
  }

  /** A folder for one session to work in. */
  folder(name: string): string {
    const folder = join(this.work, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** @param flags of this run, in the place of the ones above */
  server(flags: Flags = {}): { command: string; args: string[]; env: Record<string, string> } {
    const { directory, work, log } = this;
    const settings = {
      'state-dir': join(directory, 'state'),
      root: work,
      'log-file': log,
      'log-level': 'warn',
      'idle-evict-ms': IDLE_EVICT_MS,
      'max-live': MAX_LIVE,
      ...flags,
    };
    const args = Object.entries(settings).flatMap(([flag, value]) => [`--${flag}`, `${value}`]);
    return {
      command: process.execPath,
      args: [MAIN, ...args],
      env: { ...this.#environment, CLAUDE_CODE_MAX_RETRIES: '1' },
    };
  }

  /** @param keep leaves the files for whoever wants to know */
  async close(keep: boolean): Promise<void> {
    await this.api.close();
    if (!keep) await this.#remove();
  }
}
