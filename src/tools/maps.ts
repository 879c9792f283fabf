/**
 * Arguments that are maps. Some model providers accept no object with free names, so the schema shows a list or a text in
 * its place. The map itself is accepted as well, and means the same call.
 */

import { z } from 'zod';
import {
  ANSWERS_MAX,
  LABEL_KEY_CHARS_MAX,
  LABEL_VALUE_CHARS_MAX,
  LABELS_MAX,
  REASON_CHARS_MAX,
} from '../limits.ts';
import { LABEL, LABEL_KEY, parseLabel } from '../session/label.ts';
import { word, wordOrEmpty } from './fields.ts';

const labelKey = word(LABEL_KEY_CHARS_MAX).regex(LABEL_KEY, 'must not contain "="');
const labelValue = wordOrEmpty(LABEL_VALUE_CHARS_MAX);
const labelText = z
  .string()
  .regex(LABEL, 'must be key=value')
  .refine(fitsLabel, {
    error: `must have a key of at most ${LABEL_KEY_CHARS_MAX} and a value of at most ${LABEL_VALUE_CHARS_MAX} characters`,
  })
  .transform((text) => parseLabel(text));

/** A list of `key=value`, or a map. */
export const labels = z
  .union([
    listFor('key', labelText, LABELS_MAX, ({ key, value }) => [key, value]),
    mapOf(labelKey, labelValue, LABELS_MAX),
  ])
  .meta({ shownAs: { type: 'array', items: { type: 'string' } } });

const answerText = z.string().max(REASON_CHARS_MAX);
const answer = z.strictObject({ question: answerText, answer: answerText });

/** A list of questions with their answers, or a map. */
export const answers = z
  .union([
    listFor('question', answer, ANSWERS_MAX, (item) => [item.question, item.answer]),
    mapOf(answerText, answerText, ANSWERS_MAX),
  ])
  .meta({ shownAs: { type: 'array', items: z.toJSONSchema(answer) } });

/** A map of anything. Its JSON is read before it gets here, as for every argument. */
export const toolInput = z.record(z.string(), z.unknown()).meta({ shownAs: { type: 'string' } });

/** Leaves it to the format to refuse what is no label at all. */
function fitsLabel(text: string): boolean {
  if (!LABEL.test(text)) return true;
  const { key, value } = parseLabel(text);
  return labelKey.safeParse(key).success && labelValue.safeParse(value).success;
}

function mapOf(names: z.ZodString, values: z.ZodString, max: number) {
  const hasRoom = (map: object) => Object.keys(map).length <= max;
  return z.record(names, values).refine(hasRoom, { error: `must have at most ${max} entries` });
}

function listFor<Item>(
  name: string,
  item: z.ZodType<Item>,
  max: number,
  entryOf: (item: Item) => readonly [name: string, value: string],
) {
  const namesOf = (items: readonly Item[]) => items.map((item) => entryOf(item)[0]);
  return z
    .array(item)
    .max(max, `must have at most ${max} entries`)
    .refine(
      (items) => new Set(namesOf(items)).size === items.length,
      `has a ${name} more than once`,
    )
    .refine((items) => !namesOf(items).includes('__proto__'), 'must not use the name __proto__')
    .transform((items) => Object.fromEntries(items.map(entryOf)));
}
