/**
 * Looks at the schemas that callers give. Nothing else happens in the server while one is looked at, which takes up to
 * SCHEMA_MS_MAX. So that many at once do not hold it up until it loses its leases, they take turns, with time in between.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { SessionError } from '../errors.ts';
import type { OutputSchema } from '../session/event.ts';
import type { Clock } from './clock.ts';

export class SchemaChecks {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** @throws SessionError INVALID_REQUEST if the schema cannot be used */
  async check(schema: OutputSchema): Promise<void> {
    const { promise: rested, resolve } = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = rested;
    await before;
    const since = this.#clock.monotonic();
    try {
      await checkSchema(schema);
    } finally {
      // As long as it took, for everything else.
      void pause(this.#clock.monotonic() - since).then(resolve);
    }
  }
}

async function checkSchema(schema: OutputSchema): Promise<void> {
  const { problemOfSchema } = await import('../json-schema.ts');
  const problem = problemOfSchema(schema);
  if (problem === undefined) return;
  throw new SessionError('INVALID_REQUEST', `outputSchema: ${problem}`, {
    hint: 'pass a JSON Schema (draft-07) of an object, such as {"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"]}.',
  });
}
