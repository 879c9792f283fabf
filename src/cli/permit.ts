/** The commands `allow` and `deny`. */

import { SessionError } from '../errors.ts';
import type { GivenAnswer } from '../service/answers.ts';
import type { PermissionRequest } from '../session/event.ts';
import { oneLine } from '../text.ts';
import { showRequest } from '../views/request.ts';
import { asOperator } from './acting.ts';
import { answerText, isQuestion } from './answer-commands.ts';
import { flagsOf } from './flags.ts';
import { type Asked, answeredError, askedRequest, requestLines } from './requests.ts';
import { sessionTitle } from './sessions.ts';
import { type CommandContext, writeJson } from './terminal.ts';

/** Shows what is asked, and allows exactly that. */
export async function allow(context: CommandContext): Promise<number> {
  const { session: forSession, message } = flagsOf(context.settings);
  const asked = await askedRequest(context);
  if (isQuestion(asked.request)) {
    throw new SessionError('INVALID_REQUEST', `${sessionTitle(asked.session)} asks a question`, {
      hint: `use ${answerText(asked.request)}`,
    });
  }
  const grant = { remember: forSession ? ('session' as const) : undefined };
  return give(context, asked, { decision: 'allow', message, grant });
}

/** Shows what is asked, and denies it. */
export async function deny(context: CommandContext): Promise<number> {
  const { message, interrupt } = flagsOf(context.settings);
  const asked = await askedRequest(context);
  const grant = { interrupt: interrupt || undefined };
  return give(context, asked, { decision: 'deny', message, grant });
}

type Given = Omit<GivenAnswer, 'requestId'>;

/** Writes an answer to the log, and says what came of it. */
export async function give(context: CommandContext, asked: Asked, given: Given): Promise<number> {
  const { settings, terminal } = context;
  const { json } = flagsOf(settings);
  if (!json && !isQuestion(asked.request)) await terminal.write(requestLines(terminal, asked));
  const request = await answered(context, asked, given);
  if (json) await writeJson(terminal, { request: showRequest(request) });
  else await terminal.write(`${outcome(request, given.message)}\n`);
  return 0;
}

async function answered(
  context: CommandContext,
  { session, request }: Asked,
  given: Given,
): Promise<PermissionRequest> {
  const { requestId } = request;
  try {
    return await asOperator(context, (operator) =>
      operator.answer(session, { ...given, requestId }),
    );
  } catch (error) {
    const [now] = (await context.inspection?.requestsWithPrefix(requestId, 1)) ?? [];
    if (now === undefined || now.state === 'pending') throw error;
    throw answeredError(now, context.terminal.now());
  }
}

function outcome(request: PermissionRequest, message: string | undefined): string {
  const { state, grant, remembered, notRemembered } = request;
  if (isQuestion(request) && state === 'allowed') return 'answered';
  const reason = message === undefined ? '' : `; Claude reads: ${oneLine(message)}`;
  if (state !== 'allowed')
    return `${state}${grant?.interrupt ? ', and the turn stops' : ''}${reason}`;
  if (remembered !== undefined)
    return `allowed until the session ends: ${oneLine(remembered.as)}${reason}`;
  const once = notRemembered === undefined ? '' : `: ${oneLine(notRemembered)}`;
  return `allowed once${once}${reason}`;
}
