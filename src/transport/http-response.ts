import { type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http';

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[];

/**
 * Whether the connection stays open is for the client and Node to agree on. The SDK says `Connection: keep-alive` with
 * every event stream; Node would believe it and keep the socket of a client that asked for `close`.
 */
export class HttpResponse extends ServerResponse {
  override writeHead(status: number, reasonOrHeaders?: string | Headers, headers?: Headers): this {
    if (typeof reasonOrHeaders === 'string') {
      return super.writeHead(status, reasonOrHeaders, withoutConnection(headers));
    }
    return super.writeHead(status, withoutConnection(reasonOrHeaders ?? headers));
  }
}

function withoutConnection(headers: Headers | undefined): Headers | undefined {
  if (headers === undefined || Array.isArray(headers)) return headers;
  const kept = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'connection');
  return Object.fromEntries(kept);
}
