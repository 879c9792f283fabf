import type { IncomingHttpHeaders } from 'node:http';
import { Changes } from './changes.ts';
import type { ApiMessage } from './messages-api-script.ts';

export type RequestBody = {
  model: string;
  messages: ApiMessage[];
  stream?: boolean;
  system?: unknown;
  tools?: { name: string }[];
  metadata?: { user_id?: string };
  max_tokens?: number;
  output_config?: { effort?: string };
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
type Entry = { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] };

/** The last requests, oldest first, and those who wait for one. */
export class RequestLog {
  readonly #entries: Entry[] = [];
  readonly #limit: number;
  readonly #changes = new Changes();
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
    this.#changes.tell();
    return () => {
      if (this.#ended) return;
      entry.clientClosedEarly = true;
      this.#changes.tell();
    };
  }

  /** The first recorded request that fits, or the next one that comes to fit. Waits until `end`, which rejects it. */
  async wait(predicate: Predicate): Promise<RecordedRequest> {
    const look = () => this.#entries.find(predicate) ?? (this.#ended ? 'ended' : undefined);
    const found = await this.#changes.find(look);
    if (found !== 'ended') return found;
    throw new Error('the stand-in was closed before a request fitted; start a new one');
  }

  end(): void {
    this.#ended = true;
    this.#changes.tell();
  }
}
