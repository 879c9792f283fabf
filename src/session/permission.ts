/** The part of {@link decide} for the permission requests of a session. */

import { quoteId, SessionError } from '../errors.ts';
import { PENDING_PERMISSIONS_MAX, REMEMBERED_PERMISSIONS_MAX } from '../limits.ts';
import type { SessionState } from './decide.ts';
import type {
  AnsweredBy,
  EventBody,
  PermissionGrant,
  PermissionRequest,
  PermissionState,
} from './event.ts';
import type { Memory } from './remembered.ts';
import type { Session } from './session.ts';

export type PermissionAnswer = {
  readonly state: Exclude<PermissionState, 'pending'>;
  readonly answeredBy?: AnsweredBy;
  readonly message?: string;
  readonly grant?: PermissionGrant;
  readonly remembered?: Memory;
  readonly notRemembered?: string;
};

/** Opens a request. Throws SessionError LIMIT_EXCEEDED if too many are pending. */
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
  return [{ type: 'permission_requested', turnId: turnIdOf(opened), request: opened }];
}

/** Answers a request. Throws SessionError CONFLICT if it is no longer pending: the first answer counts. */
export function answer(
  state: SessionState,
  requestId: string,
  given: PermissionAnswer,
  now: number,
): readonly EventBody[] {
  const open = state.openRequests.find((candidate) => candidate.requestId === requestId);
  if (open === undefined) {
    throw new SessionError(
      'CONFLICT',
      `permission request ${quoteId(requestId)} is no longer pending`,
      { hint: 'list_permission_requests shows the pending ones.' },
    );
  }
  return [closeRequest(open, withinBound(state, given), now)];
}

function withinBound(state: SessionState, given: PermissionAnswer): PermissionAnswer {
  if (given.remembered === undefined || state.remembered < REMEMBERED_PERMISSIONS_MAX) return given;
  const { remembered: _tooMany, ...once } = given;
  const notRemembered = `The session remembers ${REMEMBERED_PERMISSIONS_MAX} answers already (REMEMBERED_PERMISSIONS_MAX).`;
  return { ...once, notRemembered };
}

export function closeRequest(
  open: PermissionRequest,
  given: PermissionAnswer,
  now: number,
): EventBody {
  return {
    type: 'permission_answered',
    turnId: turnIdOf(open),
    request: { ...open, ...given, answeredAt: now },
  };
}

/** Such as `by alice with a tool`; empty if nobody answered, or if it is not known who did. */
export function byWhom({ answeredBy }: PermissionRequest): string {
  const { principal, via } = answeredBy ?? {};
  if (via === 'terminal') return 'at the terminal';
  const way = { tool: 'with a tool', form: 'with a form' };
  return via === 'tool' || via === 'form' ? `by ${principal} ${way[via]}` : '';
}

function turnIdOf({ turnId }: PermissionRequest): string | undefined {
  return turnId ?? undefined;
}
