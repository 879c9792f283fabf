import { z } from 'zod';
import { ICONS } from '../views/icons.ts';
import { sessionView, showSession } from '../views/session.ts';
import { sessionId, taskId } from './fields.ts';
import { defineTool } from './tool.ts';

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
