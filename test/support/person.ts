/** Real MCP clients of both SDK generations, both eras and all transports, each with a person who fills in forms. */

import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import {
  Client,
  InMemoryTransport,
  ReadBuffer,
  StreamableHTTPClientTransport,
  serializeMessage,
  type Transport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryTransport as MemoryV1 } from '@modelcontextprotocol/sdk/inMemory.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';
import { loggerTo } from '../../src/log.ts';
import { serveHttp } from '../../src/transport/http/http.ts';
import { serveStdio } from '../../src/transport/stdio/stdio.ts';
import type { StdioServer } from './client/sdk-client.ts';
import type { Harness } from './harness.ts';

export const PEOPLE = [
  'v1 over memory',
  'v1 over HTTP',
  'v2 over memory',
  'v2 of 2025-06-18 over memory',
  'v2 over streams',
  'v2 over HTTP',
  'v2 over HTTP without a stream of changes',
  '2026 over streams',
  '2026 over HTTP',
] as const;

export type Kind = (typeof PEOPLE)[number];

export type Content = Record<string, string | string[] | boolean>;

type Reply = { action: 'accept' | 'decline' | 'cancel'; content?: Content };

/** A form that lies before the person. */
export type ShownForm = {
  readonly message: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Aborts when the server takes the form back. */
  readonly withdrawn: AbortSignal;
  send(reply: Reply): void;
};

export type Progress = { readonly progress: number; readonly message?: string | undefined };

type CallOptions = {
  readonly onprogress?: (note: Progress) => void;
  readonly signal?: AbortSignal;
};

export type Answer = {
  readonly isError?: boolean | undefined;
  readonly structuredContent?: unknown;
};

type Connected = {
  callTool(name: string, args: object, options: CallOptions): Promise<Answer>;
  close(): Promise<void>;
};

export class Person {
  /** Every form that was shown, oldest first. */
  readonly forms: ShownForm[] = [];
  readonly #waiting: ((form: ShownForm) => void)[] = [];
  #read = 0;
  #client: Connected | undefined;

  /** The next form that was not read yet. */
  form(): Promise<ShownForm> {
    const form = this.forms[this.#read++];
    if (form !== undefined) return Promise.resolve(form);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async call<T>(name: string, args: object = {}, options: CallOptions = {}): Promise<T> {
    const answer = await this.#client?.callTool(name, args, options);
    if (answer === undefined || answer.isError) throw new Error(JSON.stringify(answer));
    return answer.structuredContent as T;
  }

  /** Puts the form before the person; what they send back. */
  show(params: unknown, withdrawn: AbortSignal): Promise<Reply> {
    const { message, requestedSchema } = params as {
      message: string;
      requestedSchema: { properties: Record<string, unknown> };
    };
    return new Promise((send) => {
      const form = { message, properties: requestedSchema.properties, withdrawn, send };
      this.forms.push(form);
      this.#waiting.shift()?.(form);
    });
  }

  /** Ends the connection, as a client does that is closed. */
  async leave(): Promise<void> {
    await this.#client?.close();
  }

  /** For {@link connectPerson} only. */
  serveWith(client: Connected): void {
    this.#client = client;
    onTestFinished(() => client.close());
  }
}

/** A client of the principal `alice`, ended with the test. */
export async function connectPerson(harness: Harness, kind: Kind): Promise<Person> {
  const person = new Person();
  const isV1 = kind.startsWith('v1');
  const isModern = kind.startsWith('2026');
  const caller = { principal: 'alice', mcpSessionId: `mcp_${randomUUID()}` };
  const { connections } = harness.app;
  if (kind.endsWith('over memory')) {
    const [near, far] = isV1 ? MemoryV1.createLinkedPair() : InMemoryTransport.createLinkedPair();
    await connections.createServer(caller, new AbortController().signal).connect(far as Transport);
    connections.opened(caller);
    const supportedProtocolVersions = kind.includes('2025-06-18') ? ['2025-06-18'] : undefined;
    person.serveWith(
      await (isV1
        ? connectV1(person, near)
        : connectV2(person, near as Transport, { supportedProtocolVersions })),
    );
  } else if (kind.endsWith('over streams')) {
    const near = streamsTo(harness, caller);
    person.serveWith(await connectV2(person, near, { isModern }));
  } else {
    const url = new URL(await serveOnHttp(harness));
    const fetch = kind.includes('without a stream') ? fetchWithoutGet : undefined;
    person.serveWith(
      await (isV1
        ? connectV1(person, new HttpV1(url))
        : connectV2(person, new StreamableHTTPClientTransport(url, { fetch }), { isModern })),
    );
  }
  return person;
}

/** A client of the newest revision that starts the program as its configuration says. */
export async function startPerson(server: StdioServer): Promise<Person> {
  const person = new Person();
  const options = { ...server, args: [...server.args], env: { ...server.env } };
  person.serveWith(await connectV2(person, new StdioClientTransport(options), { isModern: true }));
  return person;
}

/** A client of the newest revision that hands out each round of a call, instead of filling in forms. */
export async function connectByHand(harness: Harness): Promise<Client> {
  const client = new Client(INFO, {
    capabilities: { elicitation: { form: {} } },
    versionNegotiation: { mode: { pin: '2026-07-28' } },
    inputRequired: { autoFulfill: false },
  });
  onTestFinished(() => client.close());
  await client.connect(new StreamableHTTPClientTransport(new URL(await serveOnHttp(harness))));
  return client;
}

/** The SDK takes the answer for that of a server without such a stream. */
const fetchWithoutGet: typeof fetch = async (url, init) =>
  init?.method === 'GET' ? new Response(null, { status: 405 }) : fetch(url, init);

const INFO = { name: 'person', version: '1.0.0' };

async function connectV1(
  person: Person,
  transport: Parameters<ClientV1['connect']>[0],
): Promise<Connected> {
  // As clients declare it that know of no other mode.
  const client = new ClientV1(INFO, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, (request, { signal }) =>
    person.show(request.params, signal),
  );
  await client.connect(transport);
  return {
    callTool: async (name, args, options) =>
      (await client.callTool({ name, arguments: { ...args } }, undefined, options)) as Answer,
    close: () => client.close(),
  };
}

type V2Options = {
  readonly isModern?: boolean;
  readonly supportedProtocolVersions?: string[] | undefined;
};

async function connectV2(
  person: Person,
  transport: Transport,
  { isModern = false, supportedProtocolVersions }: V2Options,
): Promise<Connected> {
  const client = new Client(INFO, {
    capabilities: { elicitation: { form: {} } },
    ...(supportedProtocolVersions && { supportedProtocolVersions }),
    versionNegotiation: { mode: isModern ? { pin: '2026-07-28' } : 'legacy' },
  });
  client.setRequestHandler('elicitation/create', (request, context) =>
    person.show(request.params, context.mcpReq.signal),
  );
  await client.connect(transport);
  return {
    callTool: (name, args, options) => client.callTool({ name, arguments: { ...args } }, options),
    close: () => client.close(),
  };
}

async function serveOnHttp(harness: Harness): Promise<string> {
  const service = await serveHttp({
    host: '127.0.0.1',
    port: 0,
    mode: 'dual',
    authenticate: () => 'alice',
    connections: harness.app.connections,
    log: SILENT,
    newId: randomUUID,
  });
  onTestFinished(() => service.close());
  return service.url;
}

const SILENT = loggerTo({ write: () => {} }, 'error');

/** Standard input and output without a process around them. */
function streamsTo(
  harness: Harness,
  caller: { principal: string; mcpSessionId: string },
): Transport {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const { connections } = harness.app;
  const service = serveStdio({ connections, caller, stdin, stdout, log: SILENT });
  onTestFinished(() => service.close());
  const buffer = new ReadBuffer();
  const transport: Transport = {
    start: async () => {
      stdout.on('data', (chunk: Buffer) => {
        buffer.append(chunk);
        for (let next = buffer.readMessage(); next !== null; next = buffer.readMessage()) {
          transport.onmessage?.(next);
        }
      });
    },
    send: async (message) => void stdin.write(serializeMessage(message)),
    close: async () => {
      stdin.end();
      transport.onclose?.();
    },
  };
  return transport;
}
