/**
 * What the operator of this server allows a session. Checked when a session is created and again at each start of its
 * process: another server with other settings may have created it, and its directory may have been replaced.
 */

import { SessionError } from '../errors.ts';
import type { SessionOptions } from '../session/options.ts';
import { currentDirectory, resolveWorkingDirectory } from './directories.ts';

export type Policy = {
  /** Resolved paths. */
  readonly roots: readonly string[];
  readonly allowBypassPermissions: boolean;
};

/**
 * Returns the options of a new session, with the real path of its directory.
 *
 * @throws SessionError INVALID_REQUEST
 */
export async function allowedOptions(
  asked: SessionOptions,
  policy: Policy,
): Promise<SessionOptions> {
  if (isForbiddenBypass(asked, policy)) {
    throw new SessionError(
      'INVALID_REQUEST',
      'permissionMode bypassPermissions is not allowed on this server',
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
 * Returns the options for the start of a session's process now, with the real path of its directory.
 *
 * @throws SessionError UNAVAILABLE with a hint for the operator, after which the session can be used again
 */
export async function optionsToRun(
  sessionId: string,
  options: SessionOptions,
  policy: Policy,
): Promise<SessionOptions> {
  if (isForbiddenBypass(options, policy)) {
    throw new SessionError(
      'UNAVAILABLE',
      `session ${sessionId} has permissionMode bypassPermissions, which this server does not allow`,
      {
        hint: 'The operator allows it with --allow-bypass-permissions; then the next prompt tries again. Or create a session with another mode.',
        retryable: false,
      },
    );
  }
  const { workingDirectory } = options;
  return { ...options, workingDirectory: await currentDirectory(workingDirectory, policy.roots) };
}

function isForbiddenBypass({ permissionMode }: SessionOptions, policy: Policy): boolean {
  return permissionMode === 'bypassPermissions' && !policy.allowBypassPermissions;
}
