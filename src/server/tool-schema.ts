/** Tool schemas as clients read them. */

import { z } from 'zod';

/** Schema of a tool in JSON Schema 2020-12. */
export function jsonSchema(
  schema: z.ZodObject,
  io: 'input' | 'output',
): { type: 'object'; [name: string]: unknown } {
  const made = JSON.stringify(z.toJSONSchema(schema, { io }));
  return { ...JSON.parse(made, portable), type: 'object' };
}

/** The same schema in words that more clients read: one type in each place, and `true` for anything. */
function portable(name: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (name === 'additionalProperties' && Object.keys(value).length === 0) return true;
  if (!('type' in value) || !Array.isArray(value.type)) return value;
  const { type, ...rest } = value;
  return { ...rest, anyOf: type.map((single) => ({ type: single })) };
}
