/** Tools about tasks in a tracker of the caller: link_task and unlink_task. */

import { z } from 'zod';
import { ICONS } from '../views/icons.ts';
import { sessionView, showSession } from '../views/session.ts';
import { sessionId, taskId } from './fields.ts';
import { defineTool } from './tool.ts';

export const linkTask = defineTool({
  name: 'link_task',
  title: 'Link a session to a task',
  icons: ICONS.task,
  description:
    'Links a session to a task in your own tracker (a ticket, a plan step), so that get_metrics can report what the ' +
    'task cost and list_sessions can find its sessions. A session can be linked to several tasks. Linking twice ' +
    'changes nothing.',
  effect: 'note',
  input: z.object({ sessionId, taskId }),
  output: z.object({ session: sessionView }),
  async run(args, { service, caller }) {
    const session = await service.sessions.link(caller, args.sessionId, args.taskId);
    return { session: showSession(session, service.now()) };
  },
});

export const unlinkTask = defineTool({
  name: 'unlink_task',
  title: 'Unlink a session from a task',
  icons: ICONS.task,
  description:
    'Undoes link_task: the session no longer counts towards the task. If the task is not linked, nothing changes.',
  effect: 'note',
  input: z.object({ sessionId, taskId }),
  output: z.object({ session: sessionView }),
  async run(args, { service, caller }) {
    const session = await service.sessions.unlink(caller, args.sessionId, args.taskId);
    return { session: showSession(session, service.now()) };
  },
});
