import { z } from 'zod';
import { NAME_CHARS_MAX } from '../limits.ts';
import { ICONS } from '../views/icons.ts';
import { idempotencyKey, prompt, requestKey, taskId, word } from './fields.ts';
import { aboutMade, made, showMade } from './made-session.ts';
import { labels } from './maps.ts';
import { checkHasPrompt, digested, promptParts } from './prompt-parts.ts';
import { sessionOptions } from './session-options.ts';
import { defineTool } from './tool.ts';

const { workingDirectory, onDisconnect, ...otherOptions } = sessionOptions;

const input = z.object({
  workingDirectory,
  name: word(NAME_CHARS_MAX).optional().describe('Short human-readable name.'),
  ...otherOptions,
  taskId: taskId.optional(),
  labels: labels.optional().describe('Labels of your choice as key=value, for finding sessions.'),
  onDisconnect,
  prompt: prompt.optional().describe('First prompt. Its turn starts immediately.'),
  ...promptParts,
  idempotencyKey: idempotencyKey.optional(),
});

export const createSession = defineTool({
  name: 'create_session',
  title: 'Create a Claude Code session',
  icons: ICONS.session,
  description:
    'Starts a Claude Code session, a coding agent that works in a directory, and returns its id at once. If you ' +
    'pass a prompt, work begins immediately. Use it to delegate a job; to run several jobs in parallel, create one ' +
    'session for each. The session knows nothing about this conversation: state the goal, the constraints and how ' +
    'to check the result. Next: wait_sessions with the id (one call, no polling), then read_events. Use send_prompt ' +
    'for more work and end_session when it is done. A session lives until it is ended or has been idle for the time ' +
    'the operator set (7 days by default).',
  effect: 'start',
  input,
  output: made,
  about: aboutMade,
  async run(args, call) {
    checkHasPrompt('create_session', args);
    const { attachments, outputSchema, idempotencyKey: _key, ...more } = args;
    const { name, labels, taskId, prompt, ...options } = more;
    const key = requestKey('create_session', digested(args), call);
    const given = {
      attachments,
      outputSchema,
      options,
      name,
      labels,
      taskId,
      prompt,
      key,
      trace: call.trace,
      clientRoots: call.clientRoots,
    };
    return showMade(await call.service.sessions.create(call.caller, given), call);
  },
});
