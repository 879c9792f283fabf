/** Tools about what Claude may do: list_permission_requests and answer_permission_request. */

import { z } from 'zod';
import { SessionError } from '../errors.ts';
import {
  LIST_LIMIT_DEFAULT,
  LIST_LIMIT_MAX,
  REASON_CHARS_MAX,
  REPLY_CHARS_SHOWN_MAX,
} from '../limits.ts';
import { cursorText, parseRequestCursor } from '../views/cursor.ts';
import { ICONS } from '../views/icons.ts';
import { requestView, showRequest, showRequestCut } from '../views/request.ts';
import { fittingIn } from '../views/room.ts';
import { mcpSessionOf, scope, sentence, sessionId } from './fields.ts';
import { answers, toolInput } from './maps.ts';
import { defineTool } from './tool.ts';

const requestId = z.string().min(1).max(200);

export const listPermissionRequests = defineTool({
  name: 'list_permission_requests',
  title: 'List permission requests',
  icons: ICONS.permission,
  description:
    'Lists what Claude asks permission for in all your sessions, oldest first: the tool, its input and when the ' +
    'request expires. Call it when a session has pendingPermissions: its turn is blocked until somebody answers. ' +
    'Show each request to the person who decides, then call answer_permission_request. A request that is not ' +
    'answered in time is denied. A long input is cut and says so: pass its requestId for all of it. If there are ' +
    'more, the result has a nextCursor: pass it as "cursor".',
  effect: 'read',
  charsShownMax: REPLY_CHARS_SHOWN_MAX,
  input: z.object({
    sessionId: sessionId.optional(),
    scope: scope.optional(),
    requestId: requestId.optional().describe('Only this request, in full, answered or not.'),
    limit: z.int().min(1).max(LIST_LIMIT_MAX).default(LIST_LIMIT_DEFAULT),
    cursor: z.string().min(1).max(500).optional(),
  }),
  output: z.object({ requests: z.array(requestView), nextCursor: z.string().optional() }),
  async run(args, { service, caller }) {
    const { requestId, limit, cursor } = args;
    if (requestId !== undefined) {
      checkAlone(args);
      return { requests: [showRequest(await service.permissions.get(caller, requestId))] };
    }
    const query = {
      limit,
      sessionId: args.sessionId,
      mcpSessionId: mcpSessionOf(caller, args.scope),
      cursor: cursor === undefined ? undefined : parseRequestCursor(cursor),
    };
    const { requests, next } = await service.permissions.page(caller, query, (found) =>
      fittingIn(found.map(showRequestCut)),
    );
    return { requests: requests.map(showRequestCut), nextCursor: next && cursorText(next) };
  },
});

function checkAlone({ sessionId, scope, cursor }: Record<string, unknown>): void {
  if ([sessionId, scope, cursor].every((given) => given === undefined)) return;
  throw new SessionError(
    'INVALID_REQUEST',
    'list_permission_requests: give requestId alone, without sessionId, scope and cursor',
  );
}

const input = z.object({
  requestId: requestId.describe('Id from list_permission_requests.'),
  decision: z.enum(['allow', 'deny']).describe('What the person decided.'),
  remember: z
    .enum(['once', 'session'])
    .default('once')
    .describe(
      "session: until the session ends, also allow what the request's rememberAs describes. With updatedInput, the " +
        'changed input is remembered. If the request has no rememberAs, the answer counts once.',
    ),
  message: sentence(REASON_CHARS_MAX).optional().describe('Reason; Claude reads it.'),
  updatedInput: toolInput
    .optional()
    .describe('Run the tool with this input instead: a JSON object as text.'),
  answers: answers
    .optional()
    .describe(
      'For AskUserQuestion: each question, by its text, with its answer. For Elicitation: each field, by its name.',
    ),
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
  about: ({ request: { sessionId, turnId } }) => ({ sessionId, turnId: turnId ?? undefined }),
  async run(args, { service, caller }) {
    checkFits(args);
    const { requestId, decision, message, updatedInput, answers } = args;
    const given = {
      requestId,
      decision,
      message,
      answers,
      grant: {
        updatedInput,
        remember: args.remember === 'session' ? args.remember : undefined,
        interrupt: args.interrupt || undefined,
      },
    };
    const request = await service.permissions.answer(caller, given, 'tool');
    return { request: showRequestCut(request) };
  },
});

function checkFits(args: z.infer<typeof input>): void {
  const { decision, interrupt, updatedInput, answers, remember } = args;
  const allows = updatedInput !== undefined || answers !== undefined || remember === 'session';
  if (decision === 'deny' ? !allows : !interrupt) return;
  const problem =
    decision === 'deny'
      ? 'updatedInput, answers and remember "session" need decision "allow"'
      : 'interrupt needs decision "deny"';
  throw new SessionError('INVALID_REQUEST', `answer_permission_request: ${problem}`);
}
