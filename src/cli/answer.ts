/** The command `answer`: asks the questions of a session at the terminal, or takes the answers from flags or as JSON. */

import { z } from 'zod';
import { SessionError, SettingError } from '../errors.ts';
import { questionsOf } from '../forms/question-form.ts';
import { ANSWERS_BYTES_MAX, REASON_CHARS_MAX } from '../limits.ts';
import { oneLine } from '../text.ts';
import { counted } from '../views/figures.ts';
import { screenLines, wrap } from '../views/screen.ts';
import { shortRequestId } from './answer-commands.ts';
import { type AskedQuestion, elicitedQuestions } from './elicited-questions.ts';
import { flagsOf } from './flags.ts';
import { give } from './permit.ts';
import { askedRequest } from './requests.ts';
import { sessionTitle } from './sessions.ts';
import type { CommandContext, Terminal } from './terminal.ts';

const COLUMNS_DEFAULT = 80;

type Answers = Readonly<Record<string, string>>;

export async function answer(context: CommandContext): Promise<number> {
  const { settings, terminal } = context;
  flagsOf(settings);
  const asked = await askedRequest(context);
  const elicited = elicitedQuestions(asked.request);
  const questions = elicited?.questions ?? questionsOf(asked.request);
  if (questions === undefined) throw noQuestions(asked);
  if (elicited !== undefined) terminal.note(elicited.head);
  const given = settings.repeated ?? [];
  const answers = await answersFrom(context, questions, given);
  if (answers === undefined) {
    terminal.note('Nothing was answered; the session still asks.');
    return 1;
  }
  return give(context, asked, { decision: 'allow', grant: {}, answers });
}

type Given = NonNullable<CommandContext['settings']['repeated']>;

/** Undefined if the person gave up. */
async function answersFrom(
  { settings, terminal }: CommandContext,
  questions: readonly AskedQuestion[],
  given: Given,
): Promise<Answers | undefined> {
  if (settings.text !== undefined) return answersInJson(terminal, settings.text, questions);
  if (given.length > 0) return answersInFlags(questions, given);
  if (terminal.input.isTerminal) return askAll(terminal, questions);
  await terminal.write(
    questions.map((question, at) => questionText(terminal, question, at)).join('\n'),
  );
  throw new SettingError(
    `answer: expected --choice or --text for each of ${counted(questions.length, 'question')}, or - for JSON on standard input`,
  );
}

function noQuestions({ session, request }: Awaited<ReturnType<typeof askedRequest>>): SessionError {
  const asks = `${sessionTitle(session)} asks to use ${oneLine(request.toolName)}, not a question that can be shown`;
  const id = shortRequestId(request.requestId);
  return new SessionError('INVALID_REQUEST', asks, {
    hint: `use claude-sessions-mcp allow ${id}, or deny ${id}`,
  });
}

function answersInFlags(questions: readonly AskedQuestion[], given: Given): Answers {
  if (given.length !== questions.length) {
    throw new SettingError(
      `answer: expected one --choice or --text for each of ${counted(questions.length, 'question')}, got ${given.length}`,
    );
  }
  const entries = questions.map((question, at) => {
    const [flag, value = ''] = given[at] ?? [];
    if (flag === 'text') return [question.question, value] as const;
    const chosen = chosenIn(question, value);
    if (chosen !== undefined) return [question.question, chosen] as const;
    throw new SettingError(`--choice ${oneLine(value)}: expected ${expectedChoice(question)}`);
  });
  return Object.fromEntries(entries);
}

/** The labels of the chosen options; undefined if the word is not a choice. */
function chosenIn({ options, multiSelect }: AskedQuestion, word: string): string | undefined {
  const numbers = word.split(',').map((part) => part.trim());
  if (numbers.length > 1 && !multiSelect) return undefined;
  const labels = numbers.map((part) =>
    /^\d{1,3}$/.test(part) ? options[Number(part) - 1]?.label : undefined,
  );
  return labels.every((label) => label !== undefined) ? [...new Set(labels)].join(', ') : undefined;
}

function expectedChoice({ options, multiSelect }: AskedQuestion): string {
  const several = multiSelect ? ', or several with commas,' : '';
  return `a number from 1 to ${options.length}${several} for this question`;
}

const jsonAnswers = z.record(z.string(), z.string().min(1).max(REASON_CHARS_MAX));

async function answersInJson(
  terminal: Terminal,
  word: string,
  questions: readonly AskedQuestion[],
): Promise<Answers> {
  if (word !== '-')
    throw new SettingError('answer: expected - behind the ID, for JSON on standard input');
  const answers = jsonAnswers.safeParse(parsedJson(await terminal.input.all(ANSWERS_BYTES_MAX)));
  const asked = questions.map(({ question }) => question);
  const needed = questions.filter(({ isOptional }) => !isOptional);
  const isWhole =
    answers.success &&
    needed.every(({ question }) => answers.data[question] !== undefined) &&
    Object.keys(answers.data).every((name) => asked.includes(name));
  if (isWhole) return answers.data;
  throw new SessionError(
    'INVALID_REQUEST',
    'standard input: expected a JSON object with an answer, a text, for each question',
    {
      hint: `its keys are ${asked.map((question) => JSON.stringify(oneLine(question))).join(', ')}`,
    },
  );
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function askAll(
  terminal: Terminal,
  questions: readonly AskedQuestion[],
): Promise<Answers | undefined> {
  const answers: Record<string, string> = {};
  for (const [at, question] of questions.entries()) {
    const said = await askOne(terminal, question, at);
    if (said === undefined) return undefined;
    answers[question.question] = said;
  }
  return answers;
}

async function askOne(
  terminal: Terminal,
  question: AskedQuestion,
  at: number,
): Promise<string | undefined> {
  terminal.note(questionText(terminal, question, at).trimEnd());
  const several = question.multiSelect ? 'Numbers with commas' : 'Number';
  for (;;) {
    const prompt = question.options.length === 0 ? '> ' : `${several}, or your own words: `;
    const line = (await terminal.input.line(prompt))?.trim();
    if (line === undefined) return undefined;
    const { said, problem } = answerIn(question, line);
    if (said !== undefined) return said;
    terminal.note(problem);
  }
}

type Said = { readonly said: string; readonly problem?: never } | { said?: never; problem: string };

/** A number that is no option is a slip rather than an answer. */
function answerIn(question: AskedQuestion, line: string): Said {
  const isNumber = question.options.length > 0 && /^[\d\s,]+$/.test(line);
  const said = isNumber ? chosenIn(question, line) : line;
  const isMissing = said === undefined || (said === '' && question.isOptional !== true);
  if (isMissing) return { problem: `Expected ${expectedChoice(question)}, or words.` };
  if (said.length <= REASON_CHARS_MAX) return { said };
  return { problem: `Expected at most ${REASON_CHARS_MAX} characters.` };
}

function questionText(
  { columns = COLUMNS_DEFAULT }: Terminal,
  question: AskedQuestion,
  at: number,
): string {
  const options = question.options.flatMap(({ label, description }, index) => {
    const text = description === '' ? label : `${label}: ${description}`;
    const lines = screenLines(text).flatMap((line) => wrap(line, columns - 6));
    return lines.map((line, nth) => `${(nth === 0 ? `${index + 1}` : '').padStart(4)}  ${line}`);
  });
  const asks = screenLines(question.shown ?? question.question).flatMap((line) =>
    wrap(line, columns - 3),
  );
  const head = asks.map((line, nth) => (nth === 0 ? `${at + 1}. ` : '   ') + line);
  return [...head, ...options, ''].join('\n');
}
