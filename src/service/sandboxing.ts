/** Whether a session runs in the sandbox: what its caller asks for, and what the operator says. */

import { errorOf, SessionError } from '../errors.ts';
import type { Runner } from '../runner/runner.ts';
import type { SandboxChoice, SessionOptions } from '../session/options.ts';

export type SandboxPolicy = { readonly sandbox: SandboxChoice };

export type SandboxDeps = SandboxPolicy & { readonly runner: Pick<Runner, 'sandboxProblem'> };

/**
 * The options of a new session; one that runs in the sandbox says so whatever the operator says later.
 *
 * @throws SessionError INVALID_REQUEST if the operator says otherwise; UNAVAILABLE if there is no sandbox here
 */
export async function withSandbox(
  { sandbox: asked, sandboxDomains, ...options }: SessionOptions,
  policy: SandboxDeps,
): Promise<SessionOptions> {
  if (policy.sandbox === 'off' && asked === true) throw refused('no session');
  if (policy.sandbox === 'always' && asked === false) throw refused('every session');
  const sandbox = asked === true || policy.sandbox === 'always';
  if (sandbox) {
    await checkSandbox(policy);
    return { ...options, sandbox, ...(sandboxDomains && { sandboxDomains }) };
  }
  if (sandboxDomains === undefined) return options;
  throw new SessionError(
    'INVALID_REQUEST',
    'sandboxDomains is for a session in the sandbox, and this one has none',
    { hint: 'pass sandbox: true as well, or leave out sandboxDomains.' },
  );
}

/**
 * The options for the start of a process now: no session leaves the sandbox that it was created in.
 *
 * @throws SessionError UNAVAILABLE
 */
export async function sandboxedToRun(
  sessionId: string,
  options: SessionOptions,
  policy: SandboxDeps,
): Promise<SessionOptions> {
  const inForce = sandboxInForce(options, policy);
  if (inForce.sandbox !== true) return inForce;
  if (policy.sandbox === 'off') {
    throw new SessionError(
      'UNAVAILABLE',
      `session ${sessionId} runs in the sandbox, which this server does not use`,
      {
        hint: 'The operator allows it with --sandbox allow; then the next prompt tries again. Or create a session without it.',
        retryable: false,
      },
    );
  }
  await checkSandbox(policy);
  return inForce;
}

/** What is true of a session's processes here: the operator may have decided after it was created. */
export function sandboxInForce(options: SessionOptions, policy: SandboxPolicy): SessionOptions {
  return policy.sandbox === 'always' ? { ...options, sandbox: true } : options;
}

async function checkSandbox({ runner }: SandboxDeps): Promise<void> {
  const problem = await runner.sandboxProblem();
  if (problem !== undefined) throw errorOf(problem);
}

function refused(which: string): SessionError {
  return new SessionError('INVALID_REQUEST', `${which} of this server runs in the sandbox`, {
    hint: 'leave out sandbox, or ask the operator for --sandbox allow, with which callers choose.',
  });
}
