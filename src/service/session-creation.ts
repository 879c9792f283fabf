/** The first events of a session. */

import type { EventBody, QueuedPrompt } from '../session/event.ts';
import type { SessionOptions } from '../session/options.ts';
import type { Caller } from './caller.ts';
import type { NewSession } from './sessions.ts';

/** @param queued what is queued if there is a first prompt */
export function creationOf(
  { principal, mcpSessionId }: Caller,
  { name, labels = {}, taskId, prompt, forkOf }: NewSession,
  options: SessionOptions,
  queued: QueuedPrompt,
): readonly EventBody[] {
  const events: EventBody[] = [
    { type: 'session_created', principal, mcpSessionId, options, name, labels, forkOf },
  ];
  if (taskId !== undefined) events.push({ type: 'task_linked', taskId });
  return prompt === undefined ? events : [...events, { type: 'prompt_queued', ...queued }];
}
