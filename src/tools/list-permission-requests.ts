import { z } from 'zod';
import { LIST_LIMIT_MAX } from '../limits.ts';
import { ICONS } from '../views/icons.ts';
import { requestView, showRequest } from '../views/request.ts';
import { mcpSessionOf, scope, sessionId } from './fields.ts';
import { defineTool } from './tool.ts';

export const listPermissionRequests = defineTool({
  name: 'list_permission_requests',
  title: 'List permission requests',
  icons: ICONS.permission,
  description:
    'Lists what Claude asks permission for in all your sessions, oldest first: the tool, its input and when the ' +
    'request expires. Call it when a session has pendingPermissions: its turn is blocked until somebody answers. ' +
    'Show each request to the person who decides, then call answer_permission_request. A request that is not ' +
    'answered in time is denied.',
  effect: 'read',
  input: z.object({ sessionId: sessionId.optional(), scope: scope.optional() }),
  output: z.object({ requests: z.array(requestView) }),
  async run(args, { service, caller }) {
    const requests = await service.permissions.list(caller, {
      limit: LIST_LIMIT_MAX,
      sessionId: args.sessionId,
      mcpSessionId: mcpSessionOf(caller, args.scope),
    });
    return { requests: requests.map(showRequest) };
  },
});
