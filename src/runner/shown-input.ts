/** What is shown of a tool's input, and how an answer that was given to what was shown becomes the input to run. */

import { isDeepStrictEqual } from 'node:util';
import { EVENT_TEXT_BYTES_MAX } from '../limits.ts';
import type { Redactor } from '../redaction.ts';
import { boundInput } from './text.ts';

type Input = Readonly<Record<string, unknown>>;

/** Without credentials, and no longer than an event may be. */
export function shownInput(redactor: Redactor, input: Input): Input {
  return boundInput(redactor.record(input), EVENT_TEXT_BYTES_MAX);
}

/** The changed input, but what comes back as it was shown is what Claude asked with. */
export function inputToRun(redactor: Redactor, input: Input, changed: Input): Input {
  const shown = shownInput(redactor, input);
  const members = Object.entries(changed).map(([name, value]) => {
    if (name in input && isDeepStrictEqual(value, shown[name])) return [name, input[name]];
    return [name, name === 'answers' ? answersTo(redactor, input.questions, value) : value];
  });
  return Object.fromEntries(members);
}

/** Answers go by the text of their question, which may have been shown without a credential. */
function answersTo(redactor: Redactor, questions: unknown, answers: unknown): unknown {
  if (!Array.isArray(questions) || typeof answers !== 'object' || answers === null) return answers;
  const asked = new Map<string, string>(
    questions.map(({ question }: { question?: unknown }) => {
      const text = String(question);
      return [redactor.text(text), text];
    }),
  );
  return Object.fromEntries(
    Object.entries(answers).map(([shown, answer]) => [asked.get(shown) ?? shown, answer]),
  );
}
