/**
 * What the operator of this server allows a session. Checked when a session is made and again at each start of its
 * process: another server may have made it, under other settings, and its directory may have been replaced.
 */

import { SessionError } from '../errors.ts';
import type { SessionOptions } from '../session/event.ts';
import { currentDirectory, resolveWorkingDirectory } from './directories.ts';

export type Policy = {
  /** Resolved paths. */
  readonly roots: readonly string[];
  readonly allowBypassPermissions: boolean;
};

/**
 * The options of a new session, its directory by its real path.
 *
 * @throws SessionError INVALID_REQUEST
 */
export async function allowedOptions(
  asked: SessionOptions,
  policy: Policy,
): Promise<SessionOptions> {
  if (bypassesUnasked(asked, policy)) {
    throw new SessionError(
      'INVALID_REQUEST',
      'permissionMode bypassPermissions is not allowed here',
      { hint: 'the operator allows it with --allow-bypass-permissions.' },
    );
  }
  const { workingDirectory } = asked;
  return {
    ...asked,
    workingDirectory: await resolveWorkingDirectory(workingDirectory, policy.roots),
  };
}

/**
 * The options that a session's process may be started with now, its directory by its real path.
 *
 * @throws SessionError UNAVAILABLE, with a hint for the operator; the session is usable again once that is settled
 */
export async function optionsToRun(
  sessionId: string,
  options: SessionOptions,
  policy: Policy,
): Promise<SessionOptions> {
  if (bypassesUnasked(options, policy)) {
    throw new SessionError(
      'UNAVAILABLE',
      `session ${sessionId} has permissionMode bypassPermissions, which this server does not allow`,
      {
        hint: 'The operator allows it with --allow-bypass-permissions; then the next prompt tries again. create_session makes a session with another mode.',
        retryable: false,
      },
    );
  }
  const { workingDirectory } = options;
  return { ...options, workingDirectory: await currentDirectory(workingDirectory, policy.roots) };
}

function bypassesUnasked({ permissionMode }: SessionOptions, policy: Policy): boolean {
  return permissionMode === 'bypassPermissions' && !policy.allowBypassPermissions;
}
