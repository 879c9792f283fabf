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
    'Shows what Claude asks to be allowed, over all your sessions, oldest first: the tool, its input, when the ' +
    'request expires. Call it when a session shows pendingPermissions: its turn stands still until somebody ' +
    'answers. Show each request to the person who decides, then call answer_permission_request. What nobody ' +
    'answers in time is denied.',
  hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({ sessionId: sessionId.optional(), scope: scope.optional() }),
  output: z.object({ requests: z.array(requestView) }),
  async run(args, { service, caller }) {
    const mcpSessionId = mcpSessionOf(caller, args.scope);
    const requests = await service.permissions.list(caller, {
      limit: LIST_LIMIT_MAX,
      ...(args.sessionId !== undefined && { sessionId: args.sessionId }),
      ...(mcpSessionId !== undefined && { mcpSessionId }),
    });
    return { requests: requests.map(showRequest) };
  },
});
