/** What is legal for the permission requests of a session: part of {@link decide}. */

import { quoteId, SessionError } from '../errors.ts';
import { PENDING_PERMISSIONS_MAX } from '../limits.ts';
import type { EventBody, PermissionGrant, PermissionRequest, PermissionState } from './event.ts';
import type { Session } from './session.ts';

export type PermissionAnswer = {
  readonly state: Exclude<PermissionState, 'pending'>;
  readonly message?: string;
  readonly grant?: PermissionGrant;
};

/** Puts a question to the callers. Throws SessionError LIMIT_EXCEEDED where too many are open. */
export function request(
  session: Session,
  asked: Omit<PermissionRequest, 'state' | 'createdAt'>,
  now: number,
): readonly EventBody[] {
  if (session.pendingPermissions >= PENDING_PERMISSIONS_MAX) {
    throw new SessionError(
      'LIMIT_EXCEEDED',
      `session ${session.id} has ${PENDING_PERMISSIONS_MAX} permission requests open (PENDING_PERMISSIONS_MAX)`,
    );
  }
  const opened: PermissionRequest = { ...asked, state: 'pending', createdAt: now };
  return [{ type: 'permission_requested', ...turnIdOf(opened), request: opened }];
}

/** Answers a question. Throws SessionError CONFLICT where it is open no longer: the first answer counts. */
export function answer(
  openRequests: readonly PermissionRequest[],
  requestId: string,
  given: PermissionAnswer,
  now: number,
): readonly EventBody[] {
  const open = openRequests.find((candidate) => candidate.requestId === requestId);
  if (open === undefined) {
    throw new SessionError(
      'CONFLICT',
      `permission request ${quoteId(requestId)} is no longer pending`,
      { hint: 'list_permission_requests shows what is.' },
    );
  }
  return [closeRequest(open, given, now)];
}

export function closeRequest(
  open: PermissionRequest,
  given: PermissionAnswer,
  now: number,
): EventBody {
  return {
    type: 'permission_answered',
    ...turnIdOf(open),
    request: { ...open, ...given, answeredAt: now },
  };
}

function turnIdOf(request: PermissionRequest): { turnId?: string } {
  return request.turnId === null ? {} : { turnId: request.turnId };
}
