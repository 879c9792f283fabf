/**
 * What the operator of this server allows a session. Checked when a session is created and again at each start of its
 * process: another server with other settings may have created it, and its directories may have been replaced.
 */

import { quoteId, SessionError } from '../errors.ts';
import { meantText } from '../nearest.ts';
import type { SessionOptions, TrustLevel } from '../session/options.ts';
import type { Session } from '../session/session.ts';
import { isAbove, lowerOf } from '../session/trust.ts';
import { currentDirectory, resolveDirectory } from './directories.ts';
import { type SandboxDeps, type SandboxPolicy, sandboxedToRun, withSandbox } from './sandboxing.ts';
import { type Allowed, allowedTrust, type Trust, type TrustDeps } from './trust.ts';

export type Policy = SandboxPolicy & {
  /** Resolved paths. */
  readonly roots: readonly string[];
  readonly allowBypassPermissions: boolean;
  readonly trust: Trust;
  /** Of the operator's MCP servers. Undefined if there is no file with them. */
  readonly mcpServerNames?: readonly string[] | undefined;
};

type PolicyDeps = Policy & TrustDeps & SandboxDeps;

/** For whom a session is made. */
export type Making = {
  readonly principal: string;
  /** A fork gets as much of its origin's trust as is allowed; a caller that asks for more is refused. */
  readonly isFork: boolean;
};

/**
 * Returns the options of a new session, with the real paths of its directories and how far it is trusted.
 *
 * @throws SessionError INVALID_REQUEST; UNAVAILABLE if this machine lacks what they need
 */
export async function allowedOptions(
  asked: SessionOptions,
  { principal, isFork }: Making,
  policy: PolicyDeps,
): Promise<SessionOptions> {
  checkMode(asked, policy);
  checkModels(asked);
  const { roots } = policy;
  const workingDirectory = await resolveDirectory(asked.workingDirectory, roots);
  const others = (asked.additionalDirectories ?? []).map((path) =>
    resolveDirectory(path, roots, 'additionalDirectories'),
  );
  const additional = new Set(await Promise.all(others));
  additional.delete(workingDirectory);
  const allowed = await allowedTrust(workingDirectory, principal, policy);
  const settings = isFork
    ? lowerOf(asked.settings ?? 'none', allowed.level)
    : notAbove(asked.settings ?? allowed.level, allowed, workingDirectory);
  const inDirectories = {
    ...asked,
    workingDirectory,
    settings,
    additionalDirectories: additional.size > 0 ? [...additional] : undefined,
  };
  return withSandbox(inDirectories, policy);
}

/** @throws SessionError INVALID_REQUEST */
function notAbove(asked: TrustLevel, { level, hint }: Allowed, directory: string): TrustLevel {
  if (!isAbove(asked, level)) return asked;
  throw new SessionError(
    'INVALID_REQUEST',
    `settings "${asked}" is more than is allowed in ${quoteId(directory)}: the highest level there is "${level}"`,
    { hint },
  );
}

/** @throws SessionError INVALID_REQUEST for a permission mode that the operator does not allow */
export function checkMode(asked: Pick<SessionOptions, 'permissionMode'>, policy: Policy): void {
  if (!isForbiddenBypass(asked, policy)) return;
  throw new SessionError(
    'INVALID_REQUEST',
    'permissionMode bypassPermissions is not allowed on this server',
    { hint: 'the operator allows it with --allow-bypass-permissions.' },
  );
}

/**
 * Only when a session is created: it keeps the names, and does without those that the operator takes away.
 *
 * @throws SessionError INVALID_REQUEST if one of the MCP servers is unknown
 */
export function checkMcpServers(
  { mcpServers: asked = [] }: Pick<SessionOptions, 'mcpServers'>,
  { mcpServerNames: known }: Policy,
): void {
  const unknown = asked.find((name) => !known?.includes(name));
  if (unknown === undefined) return;
  const message = `mcpServers: this server has no MCP server ${quoteId(unknown)}${meantText(unknown, known ?? [])}`;
  const hint =
    known === undefined
      ? 'the operator names MCP servers for sessions in a file, with --session-mcp-config.'
      : `it has ${known.join(', ') || 'none'}.`;
  throw new SessionError('INVALID_REQUEST', message, { hint });
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
 * Returns the options for the start of a session's process now, with the real paths of its directories, and no more
 * trust than there is now.
 *
 * @throws SessionError UNAVAILABLE with a hint for the operator, after which the session can be used again
 */
export async function optionsToRun(
  { id: sessionId, principal }: Session,
  options: SessionOptions,
  policy: PolicyDeps,
): Promise<{ readonly options: SessionOptions; readonly allowed: Allowed }> {
  if (isForbiddenBypass(options, policy)) {
    throw new SessionError(
      'UNAVAILABLE',
      `session ${sessionId} has permissionMode bypassPermissions, which this server does not allow`,
      {
        hint: 'The operator allows it with --allow-bypass-permissions; then the next prompt tries again. Or choose another mode with update_session.',
        retryable: false,
      },
    );
  }
  const { roots } = policy;
  const workingDirectory = await currentDirectory(options.workingDirectory, roots);
  const others = options.additionalDirectories?.map((path) =>
    currentDirectory(path, roots, 'additionalDirectories'),
  );
  const additionalDirectories = others && (await Promise.all(others));
  const allowed = await allowedTrust(workingDirectory, principal, policy);
  const settings = lowerOf(options.settings ?? 'none', allowed.level);
  const here = { ...options, workingDirectory, additionalDirectories, settings };
  return { options: await sandboxedToRun(sessionId, here, policy), allowed };
}

function isForbiddenBypass(
  { permissionMode }: Pick<SessionOptions, 'permissionMode'>,
  policy: Policy,
): boolean {
  return permissionMode === 'bypassPermissions' && !policy.allowBypassPermissions;
}
