import { describe, expect, test } from 'vitest';
import { parseTokenFile, principalOf } from '../../src/transport/http/identity.ts';
import { figuresRoute } from '../../src/transport/http/routes.ts';
import { send } from '../support/client/http-wire.ts';
import { INITIALIZE } from '../support/client/messages.ts';
import { ALICE, BOB, refusalOf, start } from './http-service.ts';

const SCRAPER = 'scraper-token-0123456789';
const FIGURES = { contentType: 'text/plain; version=0.0.4', text: async () => 'a_total 1\n' };

/** A server for these names, each with a token. */
function serving(file: string) {
  const tokens = parseTokenFile(file);
  return start({
    authenticate: (authorization) => principalOf(authorization, tokens),
    routes: [figuresRoute(FIGURES, () => new Set(tokens.map(({ principal }) => principal)))],
  });
}

const scrape = { method: 'GET', path: '/metrics' };

describe('/metrics', () => {
  test('answers the only principal there is', async () => {
    const server = await serving(`alice:${ALICE}\nalice:${BOB}\n`);
    const answer = await send(server, { ...scrape, token: BOB });
    expect([answer.status, answer.text]).toEqual([200, 'a_total 1\n']);
    expect(answer.headers).toMatchObject({
      'content-type': FIGURES.contentType,
      'cache-control': 'no-store',
    });
  });

  test('answers nobody without a token', async () => {
    const server = await serving(`alice:${ALICE}\n`);
    for (const token of [null, 'wrong']) {
      const { status, answer } = await refusalOf(server, { ...scrape, token });
      expect([status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    }
  });

  test('tells one of several principals nothing about the others', async () => {
    const server = await serving(`alice:${ALICE}\nbob:${BOB}\nmetrics:${SCRAPER}\n`);
    const refused = await refusalOf(server, { ...scrape, token: ALICE });
    expect([refused.status, refused.message]).toEqual([403, expect.stringContaining('metrics')]);
    expect((await send(server, { ...scrape, token: SCRAPER })).status).toBe(200);
  });

  test('the scraper’s token opens nothing else', async () => {
    const server = await serving(`alice:${ALICE}\nmetrics:${SCRAPER}\n`);
    expect((await refusalOf(server, { token: SCRAPER, body: INITIALIZE })).status).toBe(403);
  });

  test('takes GET only', async () => {
    const server = await serving(`alice:${ALICE}
`);
    expect((await refusalOf(server, { path: '/metrics', body: {} })).status).toBe(405);
  });
});
