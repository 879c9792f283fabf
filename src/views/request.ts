/** Permission requests as JSON. */

import { z } from 'zod';
import { PERMISSION_STATES, type PermissionRequest } from '../session/event.ts';
import { isoTime, timeView } from './session.ts';

export const requestView = z.object({
  requestId: z.string(),
  sessionId: z.string(),
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
  message: z.string().optional(),
  remembered: z.string().optional().describe('What is now allowed without asking.'),
  notRemembered: z.string().optional().describe('Why remember "session" counted only once.'),
});

export function showRequest(request: PermissionRequest): z.infer<typeof requestView> {
  const { state, memory, createdAt, expiresAt, answeredAt } = request;
  return {
    requestId: request.requestId,
    sessionId: request.sessionId,
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
    message: request.message,
    remembered: request.remembered?.as,
    notRemembered: request.notRemembered,
  };
}
