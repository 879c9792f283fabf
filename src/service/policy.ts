/**
 * What the operator of this server allows a session. Checked when a session is created and again at each start of its
 * process: another server with other settings may have created it, and its directories may have been replaced.
 */

import { quoteId, SessionError } from '../errors.ts';
import type { SessionOptions } from '../session/options.ts';
import { currentDirectory, resolveDirectory } from './directories.ts';

export type Policy = {
  /** Resolved paths. */
  readonly roots: readonly string[];
  readonly allowBypassPermissions: boolean;
};

/**
 * Returns the options of a new session, with the real paths of its directories.
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
  checkModels(asked);
  const { roots } = policy;
  const workingDirectory = await resolveDirectory(asked.workingDirectory, roots);
  const others = (asked.additionalDirectories ?? []).map((path) =>
    resolveDirectory(path, roots, 'additionalDirectories'),
  );
  const additional = new Set(await Promise.all(others));
  additional.delete(workingDirectory);
  return {
    ...asked,
    workingDirectory,
    additionalDirectories: additional.size > 0 ? [...additional] : undefined,
  };
}

/**
 * Claude Code refuses to start with a model that falls back to itself.
 *
 * @throws SessionError INVALID_REQUEST
 */
function checkModels({ model, fallbackModel }: SessionOptions): void {
  if (fallbackModel === undefined || fallbackModel !== model) return;
  throw new SessionError(
    'INVALID_REQUEST',
    `fallbackModel ${quoteId(fallbackModel)} is the model itself`,
    { hint: 'name another model, or leave fallbackModel out.' },
  );
}

/**
 * Returns the options for the start of a session's process now, with the real paths of its directories.
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
  const { roots } = policy;
  const workingDirectory = await currentDirectory(options.workingDirectory, roots);
  const additional = options.additionalDirectories?.map((path) =>
    currentDirectory(path, roots, 'additionalDirectories'),
  );
  return {
    ...options,
    workingDirectory,
    additionalDirectories: additional && (await Promise.all(additional)),
  };
}

function isForbiddenBypass({ permissionMode }: SessionOptions, policy: Policy): boolean {
  return permissionMode === 'bypassPermissions' && !policy.allowBypassPermissions;
}
