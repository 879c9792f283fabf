/** What Claude says, from the runner to the disk to a client that waits for it: how much, and how soon. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { quantile } from '../figures.ts';
import { alternate, timed } from '../rounds.ts';
import { RpcProcess } from '../rpc.ts';
import type { Bench, Row } from './row.ts';

const SESSIONS = 8;
const WAIT_MS = 50_000;
const BATCH = 500;
/** Paced: a text every so many milliseconds from each session. */
const GAP_MS = 20;

export const events: Row = {
  name: 'events',
  about:
    'events of 8 sessions from the runner to the disk to a waiting client, against bare SQLite',
  async run({ place, scale }: Bench) {
    const server = new RpcProcess(
      place.program('talking-server.ts', [place.emptyState(), place.work]),
    );
    await server.initialize();
    const readers: Reader[] = [];
    for (let n = 0; n < SESSIONS; n++) readers.push(await Reader.open(server));
    const bare = new BareTable(join(place.directory, 'bare.db'));
    const [flood, paced] = scale.quick ? [100, 5] : [2500, 60];
    const rounds = await alternate(scale.rounds, {
      ours: async () => {
        const ms = await timed(() => Promise.all(readers.map((reader) => reader.hear(flood, 0))));
        const delays = await Promise.all(readers.map((reader) => reader.hear(paced, GAP_MS)));
        const all = delays.flat();
        return {
          perSecond: (SESSIONS * flood * 1000) / ms,
          median: quantile(all, 0.5),
          late: quantile(all, 0.99),
        };
      },
      sqlite: async () => {
        const ms = await timed(async () => bare.write(SESSIONS * flood, BATCH));
        const single: number[] = [];
        for (let n = 0; n < paced; n++) single.push(await timed(async () => bare.write(1, 1)));
        return {
          perSecond: (SESSIONS * flood * 1000) / ms,
          median: quantile(single, 0.5),
          late: quantile(single, 0.99),
        };
      },
    });
    await server.close();
    bare.close();
    const sides = { ours: 'ours', base: 'sqlite' } as const;
    return [
      rounds.figure(
        {
          name: 'events, written and read',
          unit: '/s',
          against: `SQLite alone, ${BATCH} a commit, not read`,
          target: { oursAtLeast: 20_000 },
        },
        'perSecond',
        sides,
      ),
      rounds.figure(
        {
          name: 'delay, median',
          unit: 'ms',
          against: 'one commit of SQLite alone',
          target: { oursAtMost: 5 },
        },
        'median',
        sides,
      ),
      rounds.figure(
        {
          name: 'delay, 99th percentile',
          unit: 'ms',
          against: 'one commit of SQLite alone',
          target: { oursAtMost: 25 },
        },
        'late',
        sides,
      ),
    ];
  },
};

/** A client that follows one session. */
class Reader {
  readonly #server: RpcProcess;
  readonly #sessionId: string;
  #after = 0;

  private constructor(server: RpcProcess, sessionId: string) {
    this.#server = server;
    this.#sessionId = sessionId;
  }

  static async open(server: RpcProcess): Promise<Reader> {
    const made = await server.call('create_session');
    return new Reader(server, made.session.id);
  }

  /** Has the session say so many texts; the time that each took to arrive, in milliseconds. */
  async hear(count: number, gapMs: number): Promise<readonly number[]> {
    const sessionId = this.#sessionId;
    await this.#server.call('send_prompt', { sessionId, prompt: `${count} ${gapMs}` });
    const delays: number[] = [];
    for (;;) {
      const args = { sessionId, after: this.#after, limit: 500, waitMs: WAIT_MS };
      const page = await this.#server.call('read_events', args);
      const now = performance.timeOrigin + performance.now();
      this.#after = page.nextAfter;
      for (const { type, text } of page.events) {
        if (type === 'text') delays.push(now - Number.parseFloat(String(text)));
      }
      if (!page.events.some(({ type }) => type === 'turn_ended')) continue;
      if (delays.length !== count) throw new Error(`${delays.length} of ${count} texts arrived`);
      return delays;
    }
  }
}

/** The disk's share: rows of the same size, durable, in one table. */
class BareTable {
  readonly #db: DatabaseSync;

  constructor(file: string) {
    this.#db = new DatabaseSync(file);
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    this.#db.exec('CREATE TABLE events (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)');
  }

  write(rows: number, batch: number): void {
    const insert = this.#db.prepare('INSERT INTO events (body) VALUES (?)');
    for (let written = 0; written < rows; written += batch) {
      this.#db.exec('BEGIN IMMEDIATE');
      for (let n = 0; n < batch; n++) insert.run('x'.repeat(200));
      this.#db.exec('COMMIT');
    }
  }

  close(): void {
    this.#db.close();
  }
}
