import { expect, test } from 'vitest';
import { open, openStream } from '../support/client/http-wire.ts';
import { call } from '../support/client/messages.ts';
import { startSession } from './http-service.ts';

test('a session is away while it has no request and no stream open', async () => {
  const { server, session } = await startSession();
  const isAway = () => server.echo.until(({ absent }) => absent.has(session));
  const isPresent = () => server.echo.until(({ absent }) => !absent.has(session));
  await isAway();
  const { request } = await openStream(server, session);
  await isPresent();
  const hanging = open(server, { session, body: call(1, 'hang') });
  hanging.on('error', () => {});
  await server.echo.until(({ hanging }) => hanging.size === 1);
  request.destroy();
  expect(server.echo.absent.has(session)).toBe(false);
  hanging.destroy();
  await isAway();
  expect(server.echo.closes).toEqual([]);
});
