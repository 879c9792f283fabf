/** Puts the app on a transport: stdio for the client that started us, HTTP for many. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v4 as uuid } from 'uuid';
import type { App } from './app.ts';
import type { Settings } from './config.ts';
import { SessionError } from './errors.ts';
import type { Logger } from './log.ts';
import type { HttpOptions } from './transport/http.ts';
import { figuresRoute } from './transport/http-figures.ts';
import { newToken, parseTokenFile, principalOf } from './transport/identity.ts';
import { serveStdio } from './transport/stdio.ts';

/** The principal of stdio, and of HTTP without a token: whoever may start a process here. */
const LOCAL_PRINCIPAL = 'local';

export type Serving = {
  /** Resolves when the client has gone; never where clients come and go. */
  readonly over: Promise<void>;
  close(): Promise<void>;
};

export type ServeDeps = {
  readonly settings: Settings;
  readonly app: App;
  readonly log: Logger;
  /** A line for the person who started the server. */
  say(line: string): void;
};

export function serve(deps: ServeDeps): Promise<Serving> {
  return deps.settings.command === 'http' ? overHttp(deps) : Promise.resolve(overStdio(deps));
}

/** Stdio has no MCP session id of its own: the connection gets one, once per process. */
function overStdio({ app, log }: ServeDeps): Serving {
  const stdio = serveStdio({
    connections: app.connections,
    caller: { principal: LOCAL_PRINCIPAL, mcpSessionId: `stdio_${uuid()}` },
    stdin: process.stdin,
    stdout: process.stdout,
    log,
  });
  return { over: stdio.closed, close: () => stdio.close() };
}

async function overHttp({ settings, app, log, say }: ServeDeps): Promise<Serving> {
  const { host, port, httpMode: mode } = settings;
  const tokenFile = settings.tokenFile ?? join(settings.stateDir, 'token');
  const { authenticate, principals } = settings.noAuth
    ? { authenticate: () => LOCAL_PRINCIPAL, principals: new Set([LOCAL_PRINCIPAL]) }
    : await tokenIdentity(tokenFile, settings.tokenFile === undefined);
  // Loaded only here: stdio, where a client waits for the start, does without it.
  const { serveHttp } = await import('./transport/http.ts');
  const http = await serveHttp({
    host,
    port,
    mode,
    authenticate,
    connections: app.connections,
    routes: app.figures === undefined ? [] : [figuresRoute(app.figures, principals)],
    log,
    newId: uuid,
  });
  say(`serving MCP at ${http.url}`);
  say(clientEntry(http.url, settings.noAuth ? undefined : tokenFile));
  return { over: new Promise(() => {}), close: () => http.close() };
}

type Identity = Pick<HttpOptions, 'authenticate'> & {
  /** Everyone whom it may name. */
  readonly principals: ReadonlySet<string>;
};

async function tokenIdentity(file: string, mayCreate: boolean): Promise<Identity> {
  if (mayCreate) await createTokenFile(file);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new SessionError('UNAVAILABLE', `the token file ${file} cannot be read`, { cause });
  });
  const tokens = parseTokenFile(text);
  return {
    authenticate: (authorization) => principalOf(authorization, tokens),
    principals: new Set(tokens.map(({ principal }) => principal)),
  };
}

/** Made at the first start, for its owner's eyes; one that is there already stays. */
async function createTokenFile(file: string): Promise<void> {
  try {
    await writeFile(file, `${newToken()}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return;
    throw new SessionError('UNAVAILABLE', `the token file ${file} cannot be written`, { cause });
  }
}

/** Refers to the file, so that the token itself reaches no screen, log or history. */
function clientEntry(url: string, tokenFile: string | undefined): string {
  const header = tokenFile ? ` --header "Authorization: Bearer $(cat '${tokenFile}')"` : '';
  return `add it to Claude Code with: claude mcp add --transport http claude-sessions ${url}${header}`;
}
