import { z } from 'zod';
import { EVENTS_LIMIT_DEFAULT, EVENTS_LIMIT_MAX, REPLY_CHARS_SHOWN_MAX } from '../limits.ts';
import { READ_UNTIL } from '../service/reader.ts';
import { DETAILS, eventView, replyJson, showEvents } from '../views/events.ts';
import { ICONS } from '../views/icons.ts';
import { sessionView, showSession } from '../views/session.ts';
import { sessionId, waitMs } from './fields.ts';
import { defineTool, Written } from './tool.ts';

export const readEvents = defineTool({
  name: 'read_events',
  title: 'Read session events',
  icons: ICONS.events,
  description:
    'Reads the log of a session, oldest event first: what Claude said, the tools it used and their results, ' +
    'permission requests, and the end of each turn. To continue, pass the nextAfter you got as "after": no event is ' +
    'lost or repeated, even if the server restarts. With waitMs, it waits for new events: until "attention" waits ' +
    'for the end of a turn or a permission request, "turn_end" for the end of a turn only, "event" for anything. ' +
    'This is the way to follow one session: one call, no polling. If you only need to know when it is done, ' +
    'wait_sessions costs less.',
  effect: 'read',
  charsShownMax: REPLY_CHARS_SHOWN_MAX,
  input: z.object({
    sessionId,
    after: z
      .int()
      .min(0)
      .default(0)
      .describe('Return events after this seq; 0 starts at the beginning.'),
    limit: z
      .int()
      .min(1)
      .max(EVENTS_LIMIT_MAX)
      .default(EVENTS_LIMIT_DEFAULT)
      .describe('Maximum number of events.'),
    waitMs: waitMs.default(0),
    until: z.enum(READ_UNTIL).default('event').describe('What ends the wait.'),
    detail: z.enum(DETAILS).default('summary').describe('full returns complete bodies, in pages.'),
  }),
  output: z.object({
    events: z.array(eventView),
    nextAfter: z.int().min(0),
    hasMore: z.boolean(),
    session: sessionView,
  }),
  waits: ({ waitMs }) => waitMs > 0,
  async run(args, { service, caller, signal, watch }) {
    const { detail, ...query } = args;
    const read = await service.reader.read(caller, { ...query, signal, watch });
    const { lastSeq } = read.session;
    const reply = {
      events: [],
      nextAfter: lastSeq,
      hasMore: false,
      session: showSession(read.session, service.now()),
    };
    const shown = showEvents(read.events, detail, reply);
    const { events } = shown;
    const nextAfter = events.at(-1)?.seq ?? args.after;
    const rest = { nextAfter, hasMore: lastSeq > nextAfter, session: reply.session };
    return new Written({ events, ...rest }, replyJson(shown, rest));
  },
});
