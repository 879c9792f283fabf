/** Hostile inputs by kind, each made of a seed: whatever a client could put on the wire. */

import { MESSAGE_BYTES_MAX } from '../../src/connection-limits.ts';
import { MESSAGE_BOUNDS } from '../../src/json-shape.ts';
import { TOOLS } from '../../src/tools/index.ts';
import type { Random } from '../rig/random.ts';

/** The words of a text. */
export const words = (text: string): string[] => text.split(/\s+/);

const NAMES = [
  ...(['__proto__', '', '\u0000', '\ud800'] as const),
  ...words('constructor toString hasOwnProperty valueOf ../..'),
] as const;
const METHODS =
  words(`initialize ping tools/list tools/call resources/list resources/read resources/subscribe prompts/get
  completion/complete logging/setLevel server/discover subscriptions/listen notifications/cancelled
  notifications/initialized`);
const PARAMS = words('name arguments uri ref argument cursor protocolVersion requestId _meta');
const ODD_IDS = [null, 1.5, -1, 2 ** 53, 1e300, '', '__proto__', '\ud800', [], {}, true];

const SMALL = [null, true, -1, 0, 1e308, 2 ** 53, '', '/', [], {}, [[[[]]]]] as const;
const TEXTS = [
  ...words('/etc/passwd --dangerously-skip-permissions claude-session://../../etc'),
  'claude_00000000-0000-4000-8000-000000000000',
  '\u0000\u001b[31m\u202e',
  "'; DROP TABLE sessions; --",
] as const;

/** A value that some argument will not expect. */
function oddValue(random: Random): unknown {
  const long = 'x'.repeat(random.between(0, 5000));
  const many = Array(random.between(1, 300)).fill(0);
  const odd = { __proto__: null, constructor: 1 };
  return random.pick<readonly unknown[]>([...SMALL, ...TEXTS, odd, long, many, random.pick(NAMES)]);
}

type Body = Readonly<Record<string, unknown>>;

function request(random: Random, method: unknown, params: unknown): Body {
  // Above what the run itself counts with.
  return { jsonrpc: '2.0', id: random.between(1_000_000, 2_000_000), method, params };
}

function toolCall(random: Random): Body {
  const tool = random.pick(TOOLS);
  const names = Object.keys(tool?.input.shape ?? {});
  const args: Record<string, unknown> = {};
  for (const name of names) if (random.chance(0.6)) args[name] = oddValue(random);
  if (random.chance(0.2)) args[random.pick(NAMES)] = oddValue(random);
  // No waits: what is tried here is the input.
  if (names.includes('waitMs')) args.waitMs = random.pick([0, -1, 50_001, 'x', null]);
  return request(random, 'tools/call', { name: tool?.name, arguments: args });
}

function anyRequest(random: Random): Body {
  const params: Record<string, unknown> = {};
  for (const name of PARAMS) {
    if (random.chance(0.4)) params[name] = oddValue(random);
  }
  return request(random, random.pick(METHODS), random.chance(0.8) ? params : oddValue(random));
}

function nested(depth: number): string {
  return `{"jsonrpc":"2.0","id":1000001,"method":"ping","params":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;
}

function wide(random: Random): string {
  const width = MESSAGE_BOUNDS.elementsMax * random.between(1, 20);
  return `{"jsonrpc":"2.0","id":1000001,"method":"tools/call","params":{"name":"list_sessions","arguments":{"a":[${'0,'.repeat(width)}0]}}}`;
}

function flipped(random: Random): Buffer {
  const bytes = Buffer.from(JSON.stringify(toolCall(random)));
  for (let n = random.between(1, 4); n > 0; n -= 1) {
    bytes[random.between(0, bytes.length - 1)] = random.between(0, 255);
  }
  return bytes;
}

function noise(random: Random): Buffer {
  return Buffer.from(Array.from({ length: random.between(1, 2000) }, () => random.between(0, 255)));
}

function misshapen(random: Random): Body {
  const body: Record<string, unknown> = { ...anyRequest(random) };
  for (const name of ['jsonrpc', 'id', 'method', 'params', 'result', 'error']) {
    if (random.chance(0.3)) body[name] = oddValue(random);
    if (random.chance(0.1)) delete body[name];
  }
  return body;
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

/** Bodies of a message, by kind. */
export const BODIES: Readonly<Record<string, (random: Random) => Buffer>> = {
  'random bytes': noise,
  'a message cut off': (random) => {
    const whole = json(anyRequest(random));
    return whole.subarray(0, random.between(1, whole.length - 1));
  },
  'flipped bytes': flipped,
  'members of a wrong type': (random) => json(misshapen(random)),
  'odd values': (random) => json(oddValue(random)),
  'odd ids': (random) => json({ ...anyRequest(random), id: random.pick(ODD_IDS) }),
  'odd params': (random) => json(anyRequest(random)),
  'odd arguments of tools': (random) => json(toolCall(random)),
  'inherited names': (random) =>
    json(
      random.chance(0.5)
        ? request(random, random.pick(NAMES), {})
        : request(random, 'tools/call', { name: random.pick(NAMES), arguments: {} }),
    ),
  'double members': (random) =>
    Buffer.from(
      `{"jsonrpc":"2.0","id":1000001,"id":1000002,"method":"ping","method":"${random.pick(['ping', 'tools/list'])}"}`,
    ),
  'too deep': (random) => Buffer.from(nested(random.between(MESSAGE_BOUNDS.depthMax, 20_000))),
  'too wide': (random) => Buffer.from(wide(random)),
  'too long': () => Buffer.alloc(MESSAGE_BYTES_MAX + 1, 0x78),
  batches: (random) =>
    json(Array.from({ length: random.between(0, 20) }, () => anyRequest(random))),
};

/** Kinds that cost a hundred times the others are drawn more seldom. */
export const HEAVY: ReadonlySet<string> = new Set(['too deep', 'too wide', 'too long']);
