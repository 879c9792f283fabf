import type { IncomingHttpHeaders } from 'node:http';
import type { ApiMessage } from './messages-api-script.ts';

export type RequestBody = {
  model: string;
  messages: ApiMessage[];
  stream?: boolean;
  system?: unknown;
  tools?: { name: string }[];
  metadata?: { user_id?: string };
  max_tokens?: number;
};

export type RecordedRequest = {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Absent when the body was not JSON, or larger than 1 MiB. */
  readonly body?: RequestBody;
  /** 1 for the first time a session asks for a step of a script, 2 for its first repeat, and so on. */
  readonly tryNumber: number;
  /** The client went away before it had the whole answer: how an interrupt shows at the API. */
  readonly clientClosedEarly: boolean;
};

type Predicate = (request: RecordedRequest) => boolean;
type Waiter = {
  predicate: Predicate;
  resolve: (request: RecordedRequest) => void;
  reject: (error: Error) => void;
};
type Entry = { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] };

/** The last requests, oldest first, and those who wait for one. */
export class RequestLog {
  readonly #entries: Entry[] = [];
  readonly #limit: number;
  #waiters: Waiter[] = [];
  #ended = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get entries(): readonly RecordedRequest[] {
    return this.#entries;
  }

  /** Returns the function that marks this request as closed early. */
  add(request: Omit<RecordedRequest, 'clientClosedEarly'>): () => void {
    const entry: Entry = { ...request, clientClosedEarly: false };
    this.#entries.push(entry);
    if (this.#entries.length > this.#limit) this.#entries.shift();
    this.#tell(entry);
    return () => {
      if (this.#ended) return;
      entry.clientClosedEarly = true;
      this.#tell(entry);
    };
  }

  /** The first recorded request that fits, or the next one that comes to fit. Waits until `end`, which rejects it. */
  wait(predicate: Predicate): Promise<RecordedRequest> {
    const known = this.#entries.find(predicate);
    if (known) return Promise.resolve(known);
    return new Promise((resolve, reject) => this.#waiters.push({ predicate, resolve, reject }));
  }

  end(): void {
    this.#ended = true;
    const error = new Error('the stand-in was closed before a request fitted; start a new one');
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  #tell(entry: RecordedRequest): void {
    const met = this.#waiters.filter((waiter) => waiter.predicate(entry));
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter));
    for (const waiter of met) waiter.resolve(entry);
  }
}
