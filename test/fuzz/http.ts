/** Hostile requests over HTTP to the built program, as bytes on a socket of their own. */

import { connect } from 'node:net';
import type { Random } from '../rig/random.ts';
import { openSession } from '../support/client/http-wire.ts';
import type { HttpProgram } from '../support/client/place.ts';
import { BODIES, words } from './inputs.ts';
import { outcomeOf, problemIn, type Tally } from './tally.ts';

const ANSWER_MS_MAX = 20_000;
/** A stream that stays open says no more than its head. */
const STREAM_MS = 100;

/** What Node itself answers, without a body, to what is not a request of HTTP. */
const NODES_OWN = /^HTTP\/1\.1 (400|417|431) (?!.*content-type).*\r\n\r\n(0\r\n\r\n)?$/is;

type Target = { readonly port: number; readonly session: string };
type Parts = {
  method?: string;
  path?: string;
  headers?: Record<string, string | undefined>;
  body?: Buffer;
};

/** A request as bytes; a header that is undefined is left out. */
function bytesOf(target: Target, { method = 'POST', path = '/mcp', headers, body }: Parts): Buffer {
  const all: Record<string, string | undefined> = {
    Host: `127.0.0.1:${target.port}`,
    Accept: 'application/json, text/event-stream',
    'Content-Type': 'application/json',
    'Mcp-Session-Id': target.session,
    Connection: 'close',
    'Content-Length': body && String(body.length),
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== undefined);
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)];
  return Buffer.concat([
    Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'),
    body ?? Buffer.alloc(0),
  ]);
}

const MODERN = {
  'Mcp-Session-Id': undefined,
  'MCP-Protocol-Version': '2026-07-28',
  'Mcp-Method': 'tools/call',
};
const ODD = [
  ...(['', ' ', 'a, b', 'x'.repeat(300)] as const),
  ...words('null * \xff\xfe ../.. %00 -1 http://evil.example'),
] as const;
const HEADERS =
  words(`Host Origin Accept Content-Type Content-Length Content-Encoding Transfer-Encoding
  Expect Upgrade Authorization Mcp-Session-Id MCP-Protocol-Version Mcp-Method Mcp-Name Last-Event-ID`);
const METHODS = words('GET PUT DELETE PATCH OPTIONS TRACE CONNECT get X');
const PATHS = [
  ...words('/ /mcp/ //mcp /mcp?a=b /../mcp * http://evil.example/mcp /\xff /healthz /metrics'),
  `/${'x'.repeat(9000)}`,
];
const CHUNKS = [
  'zz\r\n',
  '5\r\nab\r\n',
  '-1\r\n',
  'ffffffffffffffffffff\r\n',
  '1;x=y\r\n{\r\n0\r\n\r\n',
] as const;

/** What only HTTP can do, beside the bodies of `inputs.ts`. */
const REQUESTS: Readonly<Record<string, (random: Random, target: Target) => Buffer>> = {
  'no http': (random) => Buffer.concat([body('random bytes', random), Buffer.from('\r\n\r\n')]),
  'odd headers': (random, target) => {
    const headers: Record<string, string | undefined> = {};
    for (let n = random.between(1, 3); n > 0; n -= 1) {
      headers[random.pick(HEADERS) ?? ''] = random.pick([...ODD, undefined]);
    }
    return bytesOf(target, { headers, body: body('odd params', random) });
  },
  'odd targets': (random, target) =>
    bytesOf(target, {
      method: random.pick(METHODS),
      path: random.pick(PATHS),
      // A DELETE that succeeds would end the session of the others.
      headers: { 'Mcp-Session-Id': random.pick(ODD) },
    }),
  'wrong lengths': (random, target) =>
    bytesOf(target, {
      headers: { 'Content-Length': String(random.between(0, 20)) },
      body: body('odd params', random),
    }),
  'broken chunks': (random, target) => {
    const head = bytesOf(target, { headers: { 'Transfer-Encoding': 'chunked' } });
    return Buffer.concat([head, Buffer.from(random.pick(CHUNKS))]);
  },
  'too many headers': (random, target) => {
    const length = random.between(100, 3000);
    const headers = Array.from({ length }, (_, n) => [`x-${n}`, 'y'.repeat(10)]);
    return bytesOf(target, { headers: Object.fromEntries(headers) });
  },
};

function body(kind: string, random: Random): Buffer {
  return BODIES[kind]?.(random) ?? Buffer.alloc(0);
}

export const HTTP_KINDS: readonly string[] = [...Object.keys(BODIES), ...Object.keys(REQUESTS)];

/** The bytes of one request. */
function bytesFor(kind: string, random: Random, target: Target): Buffer {
  const make = REQUESTS[kind];
  if (make !== undefined) return make(random, target);
  const bytes = body(kind, random);
  // The three ways a message can take: into a session, into none, and by the newest revision.
  const headers = random.pick([{}, { 'Mcp-Session-Id': undefined }, MODERN]);
  return bytesOf(target, { headers, body: bytes });
}

export class HttpTarget {
  readonly #tally: Tally;
  readonly #target: Target;

  private constructor(target: Target, tally: Tally) {
    this.#target = target;
    this.#tally = tally;
  }

  static async open({ port }: HttpProgram, tally: Tally): Promise<HttpTarget> {
    return new HttpTarget({ port, session: await openSession({ port }) }, tally);
  }

  async try(kind: string, random: Random): Promise<void> {
    const bytes = bytesFor(kind, random, this.#target);
    const answer = await this.#send(bytes);
    const [head = '', ...rest] = answer.split('\r\n\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
    const text = rest.join('\r\n\r\n');
    if (status >= 500) this.#tally.violation(kind, `status ${status}`, bytes);
    const problem = problemIn(text);
    if (problem !== undefined) this.#tally.violation(kind, problem, bytes);
    const isBare = NODES_OWN.test(answer) || /^(HEAD|head) /.test(bytes.toString('latin1', 0, 5));
    if (status >= 400 && !isBare && !isJson(text)) {
      this.#tally.violation(kind, `no JSON in an answer ${status}`, bytes);
    }
    this.#tally.add(`http, ${kind}`, status === 0 ? 'cut off' : describe(status, text));
  }

  /** Whether an ordinary request is still answered. */
  async isAlive(): Promise<boolean> {
    const body = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping"}');
    return (await this.#send(bytesOf(this.#target, { body }))).startsWith('HTTP/1.1 200');
  }

  /** All that comes back, or what a stream has said so far. */
  #send(bytes: Buffer): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(this.#target.port, '127.0.0.1', () => socket.end(bytes));
      let seen = '';
      const over = () => {
        clearTimeout(limit);
        socket.destroy();
        resolve(seen);
      };
      let limit = setTimeout(over, ANSWER_MS_MAX);
      socket.setEncoding('latin1').on('data', (text: string) => {
        seen += text;
        if (!/content-type: text\/event-stream/i.test(seen)) return;
        clearTimeout(limit);
        limit = setTimeout(over, STREAM_MS);
      });
      socket.once('close', over).on('error', () => {});
    });
  }
}

function describe(status: number, text: string): string {
  const data = text.match(/^(?:data: )?(\{.*\})\r?$/m)?.[1];
  if (data === undefined) return String(status);
  try {
    const message = JSON.parse(Buffer.from(data, 'latin1').toString());
    return 'jsonrpc' in message ? `${status} ${outcomeOf(message)}` : String(status);
  } catch {
    return String(status);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text.replace(/^[0-9a-f]+\r\n|\r\n0\r\n\r\n$/g, ''));
    return true;
  } catch {
    return false;
  }
}
