/** How permission requests are shown. */

import { z } from 'zod';
import { PERMISSION_STATES, type PermissionRequest } from '../session/event.ts';
import { isoTime } from './session.ts';

const time = z.string().describe('ISO 8601.');

export const requestView = z.object({
  requestId: z.string(),
  sessionId: z.string(),
  turnId: z.union([z.string(), z.null()]),
  toolName: z.string(),
  input: z.record(z.string(), z.unknown()).describe('What the tool would be called with.'),
  description: z.string().optional(),
  state: z.enum(PERMISSION_STATES),
  createdAt: time,
  expiresAt: time,
  answeredAt: time.optional(),
  message: z.string().optional(),
});

export function showRequest(request: PermissionRequest): z.infer<typeof requestView> {
  const { createdAt, expiresAt, answeredAt, grant: _, rememberAs: _key, ...rest } = request;
  return {
    ...rest,
    createdAt: isoTime(createdAt),
    expiresAt: isoTime(expiresAt),
    ...(answeredAt !== undefined && { answeredAt: isoTime(answeredAt) }),
  };
}
