/** Hostile requests over HTTP to the built program, as bytes on a socket of their own. */

import { connect } from 'node:net';
import { type Random, seeded } from '../chaos/random.ts';
import { BODIES } from './inputs.ts';
import { outcomeOf, problemIn, type Tally } from './tally.ts';

const ANSWER_MS_MAX = 20_000;
/** A stream that stays open says no more than its head. */
const STREAM_MS = 100;

type Target = { readonly host: string; readonly port: number; session: string };
type Parts = {
  method?: string;
  path?: string;
  headers?: Record<string, string | undefined>;
  body?: Buffer;
};

/** A request as bytes; a header that is undefined is left out. */
function bytesOf(target: Target, { method = 'POST', path = '/mcp', headers, body }: Parts): Buffer {
  const all: Record<string, string | undefined> = {
    Host: `${target.host}:${target.port}`,
    Accept: 'application/json, text/event-stream',
    'Content-Type': 'application/json',
    'Mcp-Session-Id': target.session,
    Connection: 'close',
    ...(body && { 'Content-Length': String(body.length) }),
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
  '',
  ' ',
  'null',
  '*',
  '\xff\xfe',
  'a, b',
  '../..',
  '%00',
  '-1',
  'x'.repeat(300),
  'http://evil.example',
];
const HEADERS = [
  'Host',
  'Origin',
  'Accept',
  'Content-Type',
  'Content-Length',
  'Content-Encoding',
  'Transfer-Encoding',
  'Expect',
  'Upgrade',
  'Authorization',
  'Mcp-Session-Id',
  'MCP-Protocol-Version',
  'Mcp-Method',
  'Mcp-Name',
  'Last-Event-ID',
];

const REQUESTS: Readonly<Record<string, (random: Random, target: Target) => Buffer>> = {
  'no http': (random) =>
    Buffer.concat([BODIES['random bytes']?.(random) ?? Buffer.alloc(1), Buffer.from('\r\n\r\n')]),
  'odd headers': (random, target) => {
    const headers: Record<string, string | undefined> = {};
    for (let n = random.between(1, 3); n > 0; n -= 1) {
      headers[random.pick(HEADERS) ?? ''] = random.pick([...ODD, undefined]);
    }
    return bytesOf(target, { headers, body: bodyOf(random) });
  },
  'odd targets': (random, target) =>
    bytesOf(target, {
      method:
        random.pick(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT', 'get', 'X']) ??
        '',
      path:
        random.pick([
          '/',
          '/mcp/',
          '//mcp',
          '/mcp?a=b',
          '/../mcp',
          '*',
          'http://evil.example/mcp',
          '/\xff',
          '/healthz',
          '/metrics',
          `/${'x'.repeat(9000)}`,
        ]) ?? '',
      // A DELETE that succeeds would end the session of the others.
      headers: { 'Mcp-Session-Id': random.pick(ODD) },
    }),
  'wrong lengths': (random, target) =>
    bytesOf(target, {
      headers: { 'Content-Length': String(random.between(0, 20)) },
      body: bodyOf(random),
    }),
  'broken chunks': (random, target) =>
    Buffer.concat([
      bytesOf(target, { headers: { 'Transfer-Encoding': 'chunked' } }),
      Buffer.from(
        random.pick([
          'zz\r\n',
          '5\r\nab\r\n',
          '-1\r\n',
          `${'f'.repeat(20)}\r\n`,
          '1;x=y\r\n{\r\n0\r\n\r\n',
        ]) ?? '',
      ),
    ]),
  'too many headers': (random, target) =>
    bytesOf(target, {
      headers: Object.fromEntries(
        Array.from({ length: random.between(100, 3000) }, (_, n) => [`x-${n}`, 'y'.repeat(10)]),
      ),
    }),
};

function bodyOf(random: Random): Buffer {
  return BODIES['odd params']?.(random) ?? Buffer.alloc(0);
}

export const HTTP_KINDS: readonly string[] = [...Object.keys(BODIES), ...Object.keys(REQUESTS)];

/** The bytes of one request. */
export function httpInput(kind: string, seed: number, target: Target): Buffer {
  const random = seeded(seed);
  const make = REQUESTS[kind];
  if (make !== undefined) return make(random, target);
  const body = BODIES[kind]?.(random) ?? Buffer.alloc(0);
  // The three ways a message can take: into a session, into none, and by the newest revision.
  const headers = random.pick([{}, { 'Mcp-Session-Id': undefined }, MODERN]) ?? {};
  return bytesOf(target, { headers, body });
}

export class HttpTarget {
  readonly #tally: Tally;
  readonly #target: Target;

  constructor(url: string, tally: Tally) {
    const { hostname: host, port } = new URL(url);
    this.#tally = tally;
    this.#target = { host, port: Number(port), session: '' };
  }

  async initialize(): Promise<void> {
    const clientInfo = { name: 'fuzz', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    const body = Buffer.from(
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
    );
    const answer = await this.#send(
      bytesOf(this.#target, { headers: { 'Mcp-Session-Id': undefined }, body }),
    );
    this.#target.session = /^mcp-session-id: (\S+)/im.exec(answer)?.[1] ?? '';
  }

  async try(kind: string, seed: number): Promise<void> {
    const bytes = httpInput(kind, seed, this.#target);
    const answer = await this.#send(bytes);
    const [head = '', ...rest] = answer.split('\r\n\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
    const text = rest.join('\r\n\r\n');
    if (status >= 500) this.#tally.violation(kind, `status ${status}`, bytes);
    const problem = problemIn(text);
    if (problem !== undefined) this.#tally.violation(kind, problem, bytes);
    if (status >= 400 && !isJson(text) && !/^(HEAD|head) /.test(bytes.toString('latin1', 0, 5))) {
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
      const { host, port } = this.#target;
      const socket = connect(port, host, () => socket.end(bytes));
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
