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
      'session: also allow, until the session ends, what rememberAs of the request says. With updatedInput, the ' +
        'changed input is what is remembered. Without rememberAs the answer counts once.',
    ),
  message: z.string().min(1).max(REASON_CHARS_MAX).optional().describe('Why; Claude reads it.'),
  updatedInput: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Run the tool with this input instead.'),
  answers: z
    .record(z.string().max(REASON_CHARS_MAX), z.string().max(REASON_CHARS_MAX))
    .refine((map) => Object.keys(map).length <= ANSWERS_MAX, { error: `at most ${ANSWERS_MAX}` })
    .optional()
    .describe('For AskUserQuestion: the answer to each question, by its text.'),
  interrupt: z.boolean().default(false).describe('With deny: also stop the turn.'),
});

export const answerPermissionRequest = defineTool({
  name: 'answer_permission_request',
  title: 'Answer a permission request',
  icons: ICONS.permission,
  description:
    'Allows or denies what Claude asked for. Only the person in charge should decide: show them the request ' +
    'first, and what its rememberAs says. Allow once or for the rest of the session, deny with a message that Claude reads, deny and ' +
    'interrupt the turn, or allow with a changed input. The turn goes on by itself: call wait_sessions next. ' +
    'The first answer counts; a second gets CONFLICT.',
  hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input,
  output: z.object({ request: requestView }),
  async run(args, { service, caller }) {
    checkFits(args);
    const { requestId, decision, message, updatedInput, answers } = args;
    const request = await service.permissions.answer(caller, {
      requestId,
      decision,
      ...(message !== undefined && { message }),
      ...(answers && { answers }),
      grant: {
        ...(updatedInput && { updatedInput }),
        ...(args.remember === 'session' && { remember: args.remember }),
        ...(args.interrupt && { interrupt: true }),
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
      'answer_permission_request: updatedInput, answers and remember "session" go with decision allow',
    );
  }
  if (decision === 'allow' && interrupt) {
    throw new SessionError(
      'INVALID_REQUEST',
      'answer_permission_request: interrupt goes with decision deny',
    );
  }
}
