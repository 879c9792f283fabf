/** Puts the app on a transport: stdio for the client that started us, HTTP for many. */

import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { App } from './app.ts';
import { isLoopback, type Settings } from './config.ts';
import { SessionError } from './errors.ts';
import type { Logger } from './log.ts';
import type { Redactor } from './redaction.ts';
import { LOCAL_PRINCIPAL, STDIO_ID_PREFIX } from './service/caller.ts';
import { serveStdio } from './transport/stdio/stdio.ts';

export type Serving = {
  /** Resolves when the client has gone. Over HTTP, where clients come and go, never. */
  readonly over: Promise<void>;
  close(): Promise<void>;
};

export type ServeDeps = {
  readonly settings: Settings;
  readonly app: App;
  readonly log: Logger;
  /** Learns the bearer tokens. */
  readonly redactor: Redactor;
  /** For MCP only. */
  readonly stdout: Writable;
  /** A line for the person who started the server. */
  say(line: string): void;
};

export function serve(deps: ServeDeps): Promise<Serving> {
  return deps.settings.command === 'http' ? overHttp(deps) : Promise.resolve(overStdio(deps));
}

/** Stdio has no MCP session id, so the connection gets one, once per process. */
function overStdio({ app, log, stdout }: ServeDeps): Serving {
  const stdio = serveStdio({
    connections: app.connections,
    caller: { principal: LOCAL_PRINCIPAL, mcpSessionId: STDIO_ID_PREFIX + randomUUID() },
    stdin: process.stdin,
    stdout,
    log,
  });
  return { over: stdio.closed, close: () => stdio.close() };
}

async function overHttp({ settings, app, log, redactor, say }: ServeDeps): Promise<Serving> {
  // Loaded only here: a client on stdio waits for the start and needs none of them.
  const [{ clientEntries }, { serveHttp }, { figuresRoute }, { TOKEN_FILE, TokenFile }] =
    await Promise.all([
      import('./transport/http/client-entry.ts'),
      import('./transport/http/http.ts'),
      import('./transport/http/routes.ts'),
      import('./transport/http/token-file.ts'),
    ]);
  const { host, port, httpMode: mode, noAuth } = settings;
  const file = settings.tokenFile ?? join(settings.stateDir, TOKEN_FILE);
  if (!noAuth && settings.tokenFile === undefined) await createTokenFile(file);
  const now = () => performance.now();
  const tokens = noAuth ? undefined : await TokenFile.open({ file, log, redactor, now });
  const principals = () => tokens?.principals() ?? new Set([LOCAL_PRINCIPAL]);
  const http = await serveHttp({
    ...settings,
    host,
    port,
    mode,
    authenticate: (header) => (tokens ? tokens.principalOf(header) : LOCAL_PRINCIPAL),
    connections: app.connections,
    routes: app.figures === undefined ? [] : [figuresRoute(app.figures, principals)],
    log,
    newId: randomUUID,
  });
  const unwatch = tokens?.watch(() => http.tokensChanged(tokens.principals()));
  const url = settings.publicUrl ?? http.url;
  say(`serving MCP at ${url}`);
  const entries = clientEntries(url, tokens && { file, principals: tokens.principals() });
  for (const line of entries) say(line);
  if (!isLoopback(host)) say(beyondLoopback(settings));
  const close = () => {
    unwatch?.();
    return http.close();
  };
  return { over: new Promise(() => {}), close };
}

function beyondLoopback({ host, publicUrl, allowedHosts }: Settings): string {
  const hint =
    (publicUrl ?? allowedHosts[0]) ? '' : '; --allowed-host or --public-url names it for clients';
  return `${host} is not this machine alone: tokens travel in clear text unless TLS stands in front${hint}`;
}

/** Created at the first start, readable by its owner only. An existing one is kept. */
async function createTokenFile(file: string): Promise<void> {
  const { newToken } = await import('./transport/http/identity.ts');
  try {
    await writeFile(file, `${newToken()}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return;
    throw new SessionError('UNAVAILABLE', `the token file ${file} cannot be written`, { cause });
  }
}
