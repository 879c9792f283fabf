/** Hostile bytes on standard input of the built program. */

import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { setTimeout as later } from 'node:timers/promises';
import { type Random, seeded } from '../chaos/random.ts';
import { MAIN } from '../support/built.ts';
import { BODIES } from './inputs.ts';
import { outcomeOf, problemIn, type Tally } from './tally.ts';

const ANSWER_MS_MAX = 20_000;
const LF = Buffer.from('\n');

type Asked = { readonly kind: string; readonly input: Buffer };

type Message = {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly error?: { code?: unknown };
};

export class StdioTarget {
  readonly #child;
  readonly #events = new EventEmitter();
  readonly #tally: Tally;
  #rest = '';
  /** Who asked under which id. */
  readonly #asked = new Map<unknown, Asked>();
  #current: Asked = { kind: 'the opening', input: LF };
  #pong = '';
  #pings = 0;
  #isOver = false;

  constructor(flags: readonly string[], tally: Tally) {
    this.#tally = tally;
    this.#child = spawn(process.execPath, [MAIN, ...flags], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin.on('error', () => {});
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.#child.once('close', () => {
      this.#isOver = true;
      this.#events.emit('some');
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async initialize(): Promise<void> {
    const clientInfo = { name: 'fuzz', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    const initialize = { jsonrpc: '2.0', id: 0, method: 'initialize', params };
    this.#child.stdin.write(`${JSON.stringify(initialize)}\n`);
    this.#child.stdin.write('{"jsonrpc":"2.0","id":"ping-0","method":"ping"}\n');
    await this.#until(() => this.#pong === 'ping-0');
  }

  /** Sends the bytes, and a ping behind them; what is answered later counts for them too. */
  async try(kind: string, chunks: readonly Buffer[]): Promise<void> {
    const input = Buffer.concat(chunks);
    this.#current = { kind, input };
    const ids = idsIn(input);
    for (const id of ids) this.#asked.set(id, this.#current);
    const before = this.#tally.total;
    for (const chunk of chunks) {
      this.#child.stdin.write(chunk);
      if (chunks.length > 1) await new Promise(setImmediate);
    }
    this.#pings += 1;
    const ping = `ping-${this.#pings}`;
    this.#child.stdin.write(`\n{"jsonrpc":"2.0","id":"${ping}","method":"ping"}\n`);
    await this.#until(() => this.#pong === ping);
    if (this.#pong !== ping) {
      this.#tally.violation(
        kind,
        this.#isOver ? 'the program ended' : 'no answer to a ping',
        input,
      );
    }
    if (ids.length === 0 && this.#tally.total === before) this.#count(kind, 'no answer');
  }

  /** Ends the input; the exit code. */
  async end(): Promise<number | null> {
    for (const { kind } of this.#asked.values()) this.#count(kind, 'no answer');
    this.#child.stdin.end();
    await this.#until(() => this.#isOver);
    if (!this.#isOver) this.#child.kill('SIGKILL');
    return this.#child.exitCode;
  }

  #take(message: Message): void {
    if (message.method !== undefined) return;
    if (typeof message.id === 'string' && message.id.startsWith('ping-')) {
      this.#pong = message.id;
      return;
    }
    const { kind, input } = this.#asked.get(message.id) ?? this.#current;
    this.#asked.delete(message.id);
    const problem = problemIn(JSON.stringify(message));
    if (problem !== undefined) this.#tally.violation(kind, problem, input);
    this.#count(kind, outcomeOf(message));
  }

  #count(kind: string, outcome: string): void {
    this.#tally.add(`stdio, ${kind}`, outcome);
  }

  #read(text: string): void {
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      try {
        const message = JSON.parse(line);
        if (message.jsonrpc !== '2.0') throw new Error('no message');
        this.#take(message);
      } catch {
        this.#tally.violation(
          'standard output',
          'something else than a message',
          Buffer.from(line),
        );
      }
    }
    this.#events.emit('some');
  }

  async #until(holds: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    while (!holds() && !this.#isOver && !signal.aborted) {
      await Promise.race([
        once(this.#events, 'some', { signal }),
        later(ANSWER_MS_MAX, undefined, { signal }),
      ]).catch(() => {});
    }
  }
}

/** Of the requests among these lines. */
function idsIn(input: Buffer): unknown[] {
  return input
    .toString()
    .split('\n')
    .flatMap((line) => {
      try {
        const { id, method } = JSON.parse(line);
        return typeof id === 'number' && typeof method === 'string' ? [id] : [];
      } catch {
        return [];
      }
    });
}

const NOTE = { jsonrpc: '2.0', method: 'notifications/nothing' };
const UNASKED = { jsonrpc: '2.0', id: 77, result: {} };

/** What only lines can do, beside the bodies of `inputs.ts`. */
const FRAMINGS: Readonly<Record<string, (random: Random) => Buffer[]>> = {
  'floods of news and answers': (random) => [
    Buffer.from(
      `${JSON.stringify(random.pick([NOTE, UNASKED]))}\n`.repeat(random.between(100, 2000)),
    ),
  ],
  'blank lines': (random) => [Buffer.from(random.pick(['\n', '\r\n', ' \t\r\n']) ?? '')],
  'many messages in one piece': (random) => [
    Buffer.concat(Array.from({ length: random.between(2, 30) }, () => [body(random), LF]).flat()),
  ],
  'the same id twice': (random) => {
    const line = Buffer.from(`{"jsonrpc":"2.0","id":5,"method":"tools/list"}\n`);
    return Array.from({ length: random.between(2, 5) }, () => line);
  },
  'one message in many pieces': (random) => pieces(Buffer.concat([body(random), LF]), random),
};

function body(random: Random): Buffer {
  const make = random.pick([
    BODIES['odd arguments of tools'],
    BODIES['odd params'],
    BODIES['flipped bytes'],
  ]);
  return make?.(random) ?? LF;
}

function pieces(bytes: Buffer, random: Random): Buffer[] {
  const cut: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = random.between(1, 40);
    cut.push(bytes.subarray(at, at + size));
    at += size;
  }
  return cut;
}

export const STDIO_KINDS: readonly string[] = [...Object.keys(BODIES), ...Object.keys(FRAMINGS)];

/** The bytes of one input. */
export function stdioInput(kind: string, seed: number): Buffer[] {
  const random = seeded(seed);
  const framing = FRAMINGS[kind];
  if (framing !== undefined) return framing(random);
  return [Buffer.concat([BODIES[kind]?.(random) ?? LF, LF])];
}
