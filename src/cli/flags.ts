/** The flags of the commands, checked; the message about a wrong one is a single line. */

import { z } from 'zod';
import type { CommandFlag } from '../commands.ts';
import type { Settings } from '../config.ts';
import { SettingError } from '../errors.ts';
import { LIST_LIMIT_DEFAULT, REASON_CHARS_MAX } from '../limits.ts';
import { LABEL, parseLabel } from '../session/label.ts';
import { SESSION_STATUSES } from '../session/status.ts';
import { oneOf } from '../settings.ts';

const wholeNumber = (min: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `expected a whole number, ${min} or more`)
    .transform(Number)
    .refine((value) => value >= min, `expected a whole number, ${min} or more`);

const isOn = z.boolean().default(false);

const words = z
  .string()
  .min(1, 'expected a few words')
  .max(REASON_CHARS_MAX, `expected at most ${REASON_CHARS_MAX} characters`);

const flagsSchema = z.object({
  json: isOn,
  all: isOn,
  status: oneOf(SESSION_STATUSES).optional(),
  task: z.string().min(1, 'expected the id of a task').optional(),
  label: z.string().regex(LABEL, 'expected key=value').transform(parseLabel).optional(),
  limit: wholeNumber(1).default(LIST_LIMIT_DEFAULT),
  after: wholeNumber(0).optional(),
  'no-follow': isOn,
  watch: isOn,
  quiet: isOn,
  notify: isOn,
  session: isOn,
  message: words.optional(),
  choice: z.array(z.string()).default([]),
  text: z.array(words).default([]),
  steer: isOn,
  interrupt: isOn,
  'cancel-queued': isOn,
  wait: isOn,
  reason: words.default('ended at the terminal'),
} satisfies Record<CommandFlag, z.ZodType>);

/** @throws SettingError */
export function flagsOf({ commandFlags = {} }: Settings): z.infer<typeof flagsSchema> {
  const parsed = flagsSchema.safeParse(commandFlags);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SettingError(`--${String(issue?.path[0])}: ${issue?.message}`);
}
