/** Hostile bytes on standard input of the built program. */

import type { Random } from '../rig/random.ts';
import { inTime } from '../rig/run.ts';
import type { Message } from '../support/client/line-wire.ts';
import { line } from '../support/client/messages.ts';
import type { Server } from '../support/client/place.ts';
import { BODIES } from './inputs.ts';
import { outcomeOf, problemIn, type Tally } from './tally.ts';

const ANSWER_MS_MAX = 20_000;
const LF = Buffer.from('\n');

type Asked = { readonly kind: string; readonly input: Buffer };

export class StdioTarget {
  readonly #server: Server;
  readonly #tally: Tally;
  /** Who asked under which id. */
  readonly #asked = new Map<unknown, Asked>();
  #current: Asked = { kind: 'the opening', input: LF };

  constructor(server: Server, tally: Tally) {
    this.#server = server;
    this.#tally = tally;
    server.onLine = (bytes) => this.#heard(bytes);
  }

  /** Sends the bytes of one input, and a ping behind them; what is answered later counts for them too. */
  async try(kind: string, random: Random): Promise<void> {
    const { stdin } = this.#server.program.child;
    const chunks = FRAMINGS[kind]?.(random) ?? [BODIES[kind]?.(random) ?? LF, LF];
    const input = Buffer.concat(chunks);
    this.#current = { kind, input };
    const ids = idsIn(input);
    for (const id of ids) this.#asked.set(id, this.#current);
    const before = this.#tally.total;
    for (const chunk of chunks) {
      stdin.write(chunk);
      if (chunks.length > 2) await new Promise(setImmediate);
    }
    stdin.write(LF);
    await inTime(ANSWER_MS_MAX, this.#server.request('ping', {})).catch((error: unknown) => {
      this.#tally.violation(kind, `no answer to a ping: ${String(error)}`, input);
    });
    if (ids.length === 0 && this.#tally.total === before) this.#count(kind, 'no answer');
  }

  /** Ends the input. Returns the exit code; null if the program had to be killed. */
  async end(): Promise<number | null> {
    for (const { kind } of this.#asked.values()) this.#count(kind, 'no answer');
    const { program } = this.#server;
    const ended = await inTime(ANSWER_MS_MAX, program.leave()).catch(() => program.stop('SIGKILL'));
    return ended.code;
  }

  #heard(bytes: Buffer): void {
    let message: Message;
    try {
      message = JSON.parse(bytes.toString());
      if (message.jsonrpc !== '2.0') throw new Error('no message');
    } catch {
      this.#tally.violation('standard output', 'something else than a message', bytes);
      return;
    }
    const isPong = typeof message.id === 'string' && message.id.startsWith('request-');
    if (isPong || message.method !== undefined) return;
    const { kind, input } = this.#asked.get(message.id) ?? this.#current;
    this.#asked.delete(message.id);
    const problem = problemIn(bytes.toString());
    if (problem !== undefined) this.#tally.violation(kind, problem, input);
    this.#count(kind, outcomeOf(message));
  }

  #count(kind: string, outcome: string): void {
    this.#tally.add(`stdio, ${kind}`, outcome);
  }
}

/** The ids of the requests among these lines. */
function idsIn(input: Buffer): unknown[] {
  const lines = input.toString().split('\n');
  return lines.flatMap((text) => {
    try {
      const { id, method } = JSON.parse(text);
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
    Buffer.from(line(random.pick([NOTE, UNASKED])).repeat(random.between(100, 2000))),
  ],
  'blank lines': (random) => [Buffer.from(random.pick(['\n', '\r\n', ' \t\r\n']))],
  'many messages in one piece': (random) => {
    const messages = Array.from({ length: random.between(2, 30) }, () => [body(random), LF]);
    return [Buffer.concat(messages.flat())];
  },
  'the same id twice': (random) => {
    const twice = Buffer.from(line({ jsonrpc: '2.0', id: 5, method: 'tools/list' }));
    return Array<Buffer>(random.between(2, 5)).fill(twice);
  },
  'one message in many pieces': (random) => {
    const bytes = Buffer.concat([body(random), LF]);
    const cut: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = random.between(1, 40);
      cut.push(bytes.subarray(at, at + size));
      at += size;
    }
    return cut;
  },
};

function body(random: Random): Buffer {
  const kind = random.pick(['odd arguments of tools', 'odd params', 'flipped bytes']);
  return BODIES[kind]?.(random) ?? LF;
}

export const STDIO_KINDS: readonly string[] = [...Object.keys(BODIES), ...Object.keys(FRAMINGS)];
