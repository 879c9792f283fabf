import type { ToolName } from '../support/client/tools.ts';
/** Every tool that names a session or something of one, with arguments that would work for who may. */

export type Ids = {
  readonly sessionId: string;
  readonly turnId: string;
  readonly requestId: string;
};

export type Call = {
  readonly title: string;
  readonly tool: ToolName;
  args(ids: Ids): Record<string, unknown>;
};

export const READS: readonly Call[] = [
  call('get_session', ({ sessionId }) => ({ sessionId })),
  call('read_events', ({ sessionId }) => ({ sessionId, waitMs: 50_000 })),
  call('wait_sessions', ({ sessionId }) => ({ sessionIds: [sessionId], waitMs: 50_000 })),
  call('list_permission_requests', ({ sessionId }) => ({ sessionId })),
  call('get_metrics', ({ sessionId }) => ({ sessionId })),
];

export const CHANGES: readonly Call[] = [
  call('answer_permission_request', ({ requestId }) => ({ requestId, decision: 'allow' })),
  call('send_prompt', ({ sessionId }) => ({ sessionId, prompt: 'x' })),
  call('send_prompt', ({ sessionId }) => ({ sessionId, prompt: 'x', mode: 'steer' })),
  call('send_prompt', ({ sessionId }) => ({ sessionId, prompt: 'x', mode: 'interrupt' })),
  call('interrupt_session', ({ sessionId }) => ({ sessionId })),
  call('interrupt_session', ({ sessionId }) => ({ sessionId, cancelQueued: true })),
  call('cancel_prompt', ({ sessionId, turnId }) => ({ sessionId, turnId })),
  call('update_session', ({ sessionId }) => ({ sessionId, name: 'n' })),
  call('fork_session', ({ sessionId }) => ({ sessionId })),
  call('link_task', ({ sessionId }) => ({ sessionId, taskId: 'u' })),
  call('unlink_task', ({ sessionId }) => ({ sessionId, taskId: 't' })),
  call('end_session', ({ sessionId }) => ({ sessionId })),
];

export const ATTACH = call('attach_session', ({ sessionId }) => ({ sessionId }));

function call(tool: ToolName, args: Call['args']): Call {
  const named = args({ sessionId: 'S', turnId: 'T', requestId: 'R' });
  return { title: `${tool} ${JSON.stringify(named)}`, tool, args };
}

export const NOBODY: Ids = {
  sessionId: 'claude_00000000-0000-4000-8000-000000000000',
  turnId: '00000000-0000-4000-8000-000000000002',
  requestId: '00000000-0000-4000-8000-000000000001',
};
