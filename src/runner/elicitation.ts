/** Puts what an MCP server of a session asks its user for to the callers, as a request like those for permission. */

import type { ElicitationRequest, OnElicitation } from '@anthropic-ai/claude-agent-sdk';
import type { Redactor } from '../redaction.ts';
import { ELICITATION } from '../session/elicitation.ts';
import { aborted } from '../timer.ts';
import type { PermissionAsk, PermissionReply, RunListener } from './runner.ts';
import { shownInput } from './shown-input.ts';

export type ElicitationPolicy = {
  readonly redactor: Redactor;
  readonly ask: RunListener['permission'];
  /** Stops the turn, if the answer says so. */
  readonly interrupt: () => void;
  /** Asking went wrong, which is no answer. */
  readonly failed: (error: unknown) => void;
};

/** Never rejects, and never opens an address: an answer without one is a cancellation. */
export function createOnElicitation(policy: ElicitationPolicy): OnElicitation {
  return async (request, { signal, requestId }) => {
    const ask = askOf(policy.redactor, request, requestId);
    const reply = await replyTo(policy, ask, signal);
    if (reply.decision === 'allow') {
      return { action: 'accept', ...(request.mode !== 'url' && { content: contentOf(reply) }) };
    }
    if (reply.interrupt === true) policy.interrupt();
    return { action: reply.isUnanswered === true ? 'cancel' : 'decline' };
  };
}

function askOf(redactor: Redactor, request: ElicitationRequest, requestId: string): PermissionAsk {
  const { serverName: server, message, mode, url, requestedSchema } = request;
  const asked = mode === 'url' ? { url } : { requestedSchema };
  return {
    toolUseId: requestId,
    toolName: ELICITATION,
    input: shownInput(redactor, { server, message, ...asked }),
    description: mode === 'url' ? OPEN_IT : KEPT,
  };
}

const OPEN_IT = 'An MCP server asks you to open this address in a browser. Allow it if you do.';
const KEPT =
  'An MCP server asks for this. It gets the answers, which are also kept in the log of the session: give it no password.';

async function replyTo(
  { ask: put, failed }: ElicitationPolicy,
  ask: PermissionAsk,
  signal: AbortSignal,
): Promise<PermissionReply> {
  try {
    return await Promise.race([put(ask, signal), aborted(signal).then(() => WITHDRAWN)]);
  } catch (error) {
    failed(error);
    return WITHDRAWN;
  }
}

const WITHDRAWN: PermissionReply = {
  decision: 'deny',
  message: 'It is no longer asked.',
  isUnanswered: true,
};

type Allowed = Extract<PermissionReply, { decision: 'allow' }>;
type Content = NonNullable<NonNullable<Awaited<ReturnType<OnElicitation>>>['content']>;

/** Checked against the schema by whoever took the answer. */
function contentOf({ updatedInput = {} }: Allowed): Content {
  return { ...updatedInput } as Content;
}
