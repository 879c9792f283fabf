/** What is shown of a tool's input, and how an answer that was given to what was shown becomes the input to run. */

import { isDeepStrictEqual } from 'node:util';
import { EVENT_TEXT_BYTES_MAX } from '../limits.ts';
import type { Redactor } from '../redaction.ts';
import { questionsIn } from '../session/questions.ts';
import { cutBytes } from '../text.ts';

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
    return [name, name === 'answers' ? answersTo(redactor, input, value) : value];
  });
  return Object.fromEntries(members);
}

/** Answers go by the text of their question, and name its options: both may have been shown without a credential. */
function answersTo(redactor: Redactor, input: Input, answers: unknown): unknown {
  if (typeof answers !== 'object' || answers === null) return answers;
  const asked = new Map(questionsIn(input).map((each) => [redactor.text(each.text), each]));
  return Object.fromEntries(
    Object.entries(answers).map(([shown, answer]) => {
      const question = asked.get(shown);
      if (question === undefined) return [shown, answer];
      return [question.text, withLabels(redactor, question.labels, answer)];
    }),
  );
}

/** The answer with each option that it names as Claude offered it. */
function withLabels(redactor: Redactor, labels: readonly string[], answer: unknown): unknown {
  if (typeof answer !== 'string') return answer;
  const hidden = labels
    .map((label) => ({ label, shown: redactor.text(label) }))
    .filter(({ label, shown }) => label !== shown)
    .sort((a, b) => b.shown.length - a.shown.length);
  return hidden.reduce((text, { label, shown }) => text.replaceAll(shown, () => label), answer);
}

/**
 * The input of a tool call as it is stored: whole, or with its texts cut so that it is about `bytesMax` bytes at most.
 * An input nested too deeply to be written as JSON is left out: it could not be stored.
 */
export function boundInput<T>(input: T, bytesMax: number): T | Record<string, unknown> {
  const size = jsonBytes(input);
  if (size === undefined) return { omitted: 'the input is nested too deeply to be kept' };
  if (size <= bytesMax) return input;
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { omitted: `the input has ${size} bytes` };
  }
  const entries = Object.entries(input);
  const share = Math.floor(bytesMax / entries.length / 2);
  return Object.fromEntries(
    entries.slice(0, ENTRIES_MAX).map(([key, value]) => [key, cutValue(value, share)]),
  );
}

const ENTRIES_MAX = 100;

function cutValue(value: unknown, bytesMax: number): unknown {
  if (typeof value === 'string') return cutBytes(value, Math.max(bytesMax, 100));
  const size = jsonBytes(value) ?? 0;
  return size <= bytesMax ? value : `[${size} bytes omitted]`;
}

function jsonBytes(value: unknown): number | undefined {
  try {
    return Buffer.byteLength(JSON.stringify(value) ?? '');
  } catch {
    return undefined;
  }
}
