/** Permission requests as JSON. */

import { z } from 'zod';
import { PERMISSION_STATES, type PermissionRequest } from '../session/event.ts';
import type { ListedRequest } from '../store/queries.ts';
import { cutToFit } from './cut.ts';
import { isoTime, shape, timeView } from './session.ts';

/** Of the input of a permission request in a list. */
const REQUEST_BYTES_MAX = 8 * 1024;

export const requestView = shape('request', {
  requestId: z.string(),
  sessionId: z.string(),
  sessionName: z.string().optional(),
  workingDirectory: z.string().optional(),
  turnId: z.union([z.string(), z.null()]),
  toolName: z.string(),
  rememberAs: z
    .string()
    .optional()
    .describe(
      'What remember "session" would allow from now on. Absent if the answer counts only once.',
    ),
  input: z.record(z.string(), z.unknown()).describe('Input that the tool would be called with.'),
  description: z.string().optional(),
  state: z.enum(PERMISSION_STATES),
  createdAt: timeView,
  expiresAt: timeView,
  answeredAt: timeView.optional(),
  answeredBy: z
    .object({
      principal: z.string().optional(),
      via: z.string().describe('tool, form, terminal (without a principal), or timeout.'),
    })
    .optional(),
  message: z.string().optional(),
  remembered: z.string().optional().describe('What is now allowed without asking.'),
  notRemembered: z.string().optional().describe('Why remember "session" counted only once.'),
  cut: z.string().optional().describe('Set if texts are cut: how to read all of them.'),
});

type RequestView = z.infer<typeof requestView>;

/** Of a session that is not shown beside it: also what a person knows that one by. */
export function showRequest(request: PermissionRequest | ListedRequest): RequestView {
  const { state, memory, createdAt, expiresAt, answeredAt } = request;
  return {
    requestId: request.requestId,
    sessionId: request.sessionId,
    ...('workingDirectory' in request && {
      sessionName: request.sessionName,
      workingDirectory: request.workingDirectory,
    }),
    turnId: request.turnId,
    toolName: request.toolName,
    // Before the input, which may be cut at its end.
    rememberAs: state === 'pending' ? memory?.as : undefined,
    input: request.input,
    description: request.description,
    state,
    createdAt: isoTime(createdAt),
    expiresAt: isoTime(expiresAt),
    answeredAt: isoTime(answeredAt),
    answeredBy: request.answeredBy,
    message: request.message,
    remembered: request.remembered?.as,
    notRemembered: request.notRemembered,
  };
}

/** The same with its long texts cut. What an answer would be remembered as is short, and always whole. */
export function showRequestCut(request: PermissionRequest | ListedRequest): RequestView {
  const whole = showRequest(request);
  const { input, description } = whole;
  const texts = cutToFit({ input, description }, REQUEST_BYTES_MAX);
  if (texts?.input === input) return whole;
  const cut = `read all of it with list_permission_requests and requestId "${request.requestId}" before you decide`;
  return { ...whole, ...(texts ?? { input: {}, description: undefined }), cut };
}
