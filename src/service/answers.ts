/** Answers to permission requests: what they may hold, and what they grant. */

import { quoteId, SessionError } from '../errors.ts';
import { holdsMark, REDACTED } from '../redaction.ts';
import { ELICITATION, elicitedContent } from '../session/elicitation.ts';
import type { PermissionGrant, PermissionRequest } from '../session/event.ts';
import { questionsIn } from '../session/questions.ts';

export type GivenAnswer = {
  readonly requestId: string;
  readonly decision: 'allow' | 'deny';
  readonly message?: string;
  readonly grant: PermissionGrant;
  /** Answers to the questions of AskUserQuestion, by question, or to what an MCP server asks, by field. */
  readonly answers?: Readonly<Record<string, string>>;
};

/** Checks only what would reach Claude: questions and options may be repeated as they were shown. */
export function refuseMarks(request: PermissionRequest, given: GivenAnswer): void {
  const { requestId, grant, answers = {} } = given;
  const ownWords = Object.entries(answers).map((answer) => besideOptions(request, answer));
  if (!holdsMark(grant.updatedInput) && !holdsMark(ownWords)) return;
  const message = `permission request ${quoteId(requestId)}: the answer holds ${REDACTED}, which replaces a credential that is not shown`;
  throw new SessionError('INVALID_REQUEST', message, {
    hint: 'Allow it without updatedInput and Claude runs what it asked for; or deny it with a message that says what to do instead.',
  });
}

/** An answer without the options it names, unless two options look the same. */
function besideOptions({ input }: PermissionRequest, [asked, answer]: [string, string]): string {
  const labels = questionsIn(input).find(({ text }) => text === asked)?.labels ?? [];
  const single = labels.filter((label) => labels.indexOf(label) === labels.lastIndexOf(label));
  return single.reduce((text, label) => text.replaceAll(label, ''), answer);
}

/** Answers to questions are part of the input that is allowed; those to an MCP server are all of it. */
export function grantOf(request: PermissionRequest, given: GivenAnswer): PermissionGrant {
  // Otherwise it is too late, and what is wrong with the answer does not matter.
  if (request.toolName === ELICITATION && request.state === 'pending') {
    return elicitationGrant(request, given);
  }
  if (given.answers === undefined) return given.grant;
  const updatedInput = { ...request.input, ...given.grant.updatedInput, answers: given.answers };
  return { ...given.grant, updatedInput };
}

function elicitationGrant(
  { input, requestId }: PermissionRequest,
  { decision, grant, answers = {} }: GivenAnswer,
): PermissionGrant {
  if (decision === 'deny') return grant;
  if (grant.updatedInput === undefined) {
    return { ...grant, updatedInput: elicitedContent(input, answers) };
  }
  const message = `permission request ${quoteId(requestId)}: an MCP server asks for answers, not for an updatedInput`;
  throw new SessionError('INVALID_REQUEST', message, {
    hint: 'give answers, each by the name of its field.',
  });
}
