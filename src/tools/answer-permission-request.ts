import { z } from 'zod';
import { SessionError } from '../errors.ts';
import { ANSWERS_MAX, REASON_CHARS_MAX } from '../limits.ts';
import { ICONS } from '../views/icons.ts';
import { requestView, showRequest } from '../views/request.ts';
import { defineTool } from './tool.ts';

const input = z.object({
  requestId: z.string().min(1).max(200).describe('Id from list_permission_requests.'),
  decision: z.enum(['allow', 'deny']).describe('What the person decided.'),
  remember: z
    .enum(['once', 'session'])
    .default('once')
    .describe(
      "session: until the session ends, also allow what the request's rememberAs describes. With updatedInput, the " +
        'changed input is remembered. If the request has no rememberAs, the answer counts once.',
    ),
  message: z.string().min(1).max(REASON_CHARS_MAX).optional().describe('Reason; Claude reads it.'),
  updatedInput: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Run the tool with this input instead.'),
  answers: z
    .record(z.string().max(REASON_CHARS_MAX), z.string().max(REASON_CHARS_MAX))
    .refine((map) => Object.keys(map).length <= ANSWERS_MAX, { error: `at most ${ANSWERS_MAX}` })
    .optional()
    .describe('For AskUserQuestion: the answers, keyed by the text of each question.'),
  interrupt: z.boolean().default(false).describe('With deny: also stop the turn.'),
});

export const answerPermissionRequest = defineTool({
  name: 'answer_permission_request',
  title: 'Answer a permission request',
  icons: ICONS.permission,
  description:
    'Allows or denies a permission request. Only the person in charge should decide: first show them the request ' +
    'and its rememberAs. You can allow once or for the rest of the session, allow with a changed input, deny with a ' +
    'message that Claude reads, or deny and interrupt the turn. The turn then continues by itself: call ' +
    'wait_sessions next. Only the first answer counts; a second gets CONFLICT.',
  effect: 'answer',
  input,
  output: z.object({ request: requestView }),
  about: ({ request }) => ({
    sessionId: request.sessionId,
    turnId: request.turnId ?? undefined,
  }),
  async run(args, { service, caller }) {
    checkFits(args);
    const { requestId, decision, message, updatedInput, answers } = args;
    const request = await service.permissions.answer(caller, {
      requestId,
      decision,
      message,
      answers,
      grant: {
        updatedInput,
        remember: args.remember === 'session' ? args.remember : undefined,
        interrupt: args.interrupt || undefined,
      },
    });
    return { request: showRequest(request) };
  },
});

function checkFits(args: z.infer<typeof input>): void {
  const { decision, interrupt, updatedInput, answers, remember } = args;
  const allows = updatedInput !== undefined || answers !== undefined || remember === 'session';
  if (decision === 'deny' && allows) {
    throw new SessionError(
      'INVALID_REQUEST',
      'answer_permission_request: updatedInput, answers and remember "session" need decision "allow"',
    );
  }
  if (decision === 'allow' && interrupt) {
    throw new SessionError(
      'INVALID_REQUEST',
      'answer_permission_request: interrupt needs decision "deny"',
    );
  }
}
