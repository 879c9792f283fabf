/**
 * The output of a turn whose prompt has a schema. Claude Code gives Claude a tool to report it with, has it try again if the
 * output does not fit, and in the end may report a success without any. So it is checked here again.
 */

import { isDeepStrictEqual } from 'node:util';
import type { Failure } from '../errors.ts';
import { type FitCheck, fitCheck } from '../json-schema.ts';
import { TURN_OUTPUT_BYTES_MAX } from '../limits.ts';
import type { Redactor } from '../redaction.ts';
import type { OutputSchema } from '../session/event.ts';
import { limitExceeded, unavailableNow } from './failure.ts';

/** The output of a turn as Claude Code reports it, ready for the log, or why the turn has failed. */
export type ReadOutput = (
  given: unknown,
) => { readonly output: unknown } | { readonly error: Failure };

export const NO_OUTPUT = unavailableNow(
  'Claude ended the turn without an output that fits the schema (outputSchema)',
  'the log has what it said instead; send the prompt again, or with a schema that is easier to fit.',
);

const TOO_LARGE = limitExceeded(
  `the output has more than ${TURN_OUTPUT_BYTES_MAX} bytes as JSON (TURN_OUTPUT_BYTES_MAX)`,
  'ask for less in one prompt, or have Claude write a file and give its path.',
);

const WITHOUT_SECRET = unavailableNow(
  "the output held a credential of the server's environment, and does not fit the schema without it",
  'ask for an output that holds no credential.',
);

/** @throws SessionError LIMIT_EXCEEDED if the schema, which was checked when the prompt came, takes too long now */
export function outputReader(schema: OutputSchema, redactor: Redactor): ReadOutput {
  const check = fitCheck(schema);
  return (given) => {
    if (given === undefined) return { error: NO_OUTPUT };
    if (Buffer.byteLength(JSON.stringify(given)) > TURN_OUTPUT_BYTES_MAX)
      return { error: TOO_LARGE };
    const output = redactor.value(given);
    const problem = check(output);
    return problem === undefined ? { output } : { error: misfit(problem, check, given, output) };
  };
}

function misfit(problem: string, check: FitCheck, given: unknown, output: unknown): Failure {
  if (!isDeepStrictEqual(given, output) && check(given) === undefined) return WITHOUT_SECRET;
  return { ...NO_OUTPUT, message: `the output does not fit the schema (outputSchema): ${problem}` };
}
