import { z } from 'zod';
import { SessionError } from '../errors.ts';
import { NAME_CHARS_MAX } from '../limits.ts';
import { ICONS } from '../views/icons.ts';
import { rulesView, showRules } from '../views/rules.ts';
import { sessionView, showSession } from '../views/session.ts';
import { sessionId, word } from './fields.ts';
import { labels } from './maps.ts';
import { sessionOptions } from './session-options.ts';
import { defineTool } from './tool.ts';

const options = sessionOptions;

const input = z.object({
  sessionId,
  name: word(NAME_CHARS_MAX).optional(),
  labels: labels.optional().describe('Replaces all labels.'),
  model: plain(options.model),
  effort: plain(options.effort),
  permissionMode: plain(options.permissionMode),
  allowedTools: plain(options.allowedTools).describe('Replaces the whole list.'),
  disallowedTools: plain(options.disallowedTools).describe('Replaces the whole list.'),
  maxBudgetUsd: plain(options.maxBudgetUsd),
  timeout: plain(options.timeout),
  onDisconnect: plain(options.onDisconnect),
});

export const updateSession = defineTool({
  name: 'update_session',
  title: 'Change a session',
  icons: ICONS.session,
  description:
    'Changes what you pass of a session and leaves the rest. The arguments mean what they mean in create_session. ' +
    "Model, permission mode, rules and timeout count from Claude's next step, also in a running turn; effort, budget, " +
    'and tools that are no longer disallowed, from the next turn.',
  effect: 'note',
  input,
  output: z.object({ session: sessionView, rules: rulesView.optional() }),
  async run({ sessionId: named, ...asked }, { service, caller }) {
    if (Object.values(asked).every((value) => value === undefined)) {
      throw new SessionError('INVALID_REQUEST', 'update_session: nothing to change was given', {
        hint: `pass at least one of ${Object.keys(input.shape).slice(1).join(', ')}.`,
      });
    }
    const { id } = await service.sessions.update(caller, named, asked);
    const { session, remembered } = await service.sessions.inFull(caller, id);
    return { session: showSession(session, service.now()), rules: showRules(session, remembered) };
  },
});

/** Without its description, which create_session has. */
function plain<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ description: undefined });
}
