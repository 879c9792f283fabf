/**
 * Arguments that are maps. Some model providers accept no object with free names, so the schema shows a list or a text in
 * its place. The map itself is accepted as well, and means the same call.
 */

import { z } from 'zod';
import {
  AGENT_NAME_CHARS_MAX,
  AGENT_TOOLS_MAX,
  AGENTS_BYTES_MAX,
  AGENTS_MAX,
  ANSWERS_MAX,
  LABEL_KEY_CHARS_MAX,
  LABEL_VALUE_CHARS_MAX,
  LABELS_MAX,
  NAME_CHARS_MAX,
  REASON_CHARS_MAX,
} from '../limits.ts';
import { LABEL, LABEL_KEY, parseLabel } from '../session/label.ts';
import { agentTool, boundedText, word, wordOrEmpty } from './fields.ts';

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
/** MCP servers ask for numbers and for yes or no too, and the request shows the types. */
const answerValue = z.preprocess(
  (value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value),
  answerText,
);
const answer = z.strictObject({ question: answerText, answer: answerValue });

/** A list of questions with their answers, or a map. */
export const answers = z
  .union([
    listFor('question', answer, ANSWERS_MAX, (item) => [item.question, item.answer]),
    mapOf(answerText, answerValue, ANSWERS_MAX),
  ])
  .meta({ shownAs: { type: 'array', items: z.toJSONSchema(answer) } });

/** Claude Code's own, by which it means these. */
const BUILT_IN = new Set(
  'general-purpose explore plan claude statusline-setup claude-code-guide output-style-setup'.split(
    ' ',
  ),
);
const agentName = word(AGENT_NAME_CHARS_MAX)
  .regex(/^[a-z][\w-]*$/i, 'must begin with a letter and have only letters, digits, - and _')
  .refine(
    (name) => !BUILT_IN.has(name.toLowerCase()),
    "must not be that of Claude Code's own agent",
  );
const agentText = boundedText(AGENTS_BYTES_MAX).refine((text) => text.trim() !== '', {
  error: 'must not be empty',
});
/** Nothing else of Claude Code's definitions: servers, hooks and a mode of its own would widen what the session may do. */
const agent = {
  description: agentText,
  prompt: agentText,
  tools: z.array(agentTool).max(AGENT_TOOLS_MAX).optional(),
  model: word(NAME_CHARS_MAX).optional(),
};
const namedAgent = z.strictObject({ name: agentName, ...agent });

/** A list of subagents with their names, or a map. */
export const agents = z
  .union([
    listFor('name', namedAgent, AGENTS_MAX, ({ name, ...rest }) => [name, rest]),
    mapOf(agentName, z.strictObject(agent), AGENTS_MAX),
  ])
  .refine((map) => Buffer.byteLength(JSON.stringify(map)) <= AGENTS_BYTES_MAX, {
    error: `must be at most ${AGENTS_BYTES_MAX} bytes in all`,
  })
  .meta({ shownAs: { type: 'array', items: z.toJSONSchema(namedAgent) } });

/** A map of anything. Its JSON is read before it gets here, as for every argument. */
export const toolInput = z.record(z.string(), z.unknown()).meta({ shownAs: { type: 'string' } });

/** Leaves it to the format to refuse what is no label at all. */
function fitsLabel(text: string): boolean {
  if (!LABEL.test(text)) return true;
  const { key, value } = parseLabel(text);
  return labelKey.safeParse(key).success && labelValue.safeParse(value).success;
}

function mapOf<Values extends z.ZodType>(names: z.ZodString, values: Values, max: number) {
  const hasRoom = (map: object) => Object.keys(map).length <= max;
  return z.record(names, values).refine(hasRoom, { error: `must have at most ${max} entries` });
}

function listFor<Item, Value>(
  name: string,
  item: z.ZodType<Item>,
  max: number,
  entryOf: (item: Item) => readonly [name: string, value: Value],
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
    .transform((items): Record<string, Value> => Object.fromEntries(items.map(entryOf)));
}
