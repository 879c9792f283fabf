import { z } from 'zod';
import { EVENTS_LIMIT_DEFAULT, EVENTS_LIMIT_MAX } from '../limits.ts';
import { READ_UNTIL } from '../service/reader.ts';
import { DETAILS, eventView, showEvents } from '../views/events.ts';
import { ICONS } from '../views/icons.ts';
import { sessionView, showSession } from '../views/session.ts';
import { sessionId, waitMs } from './fields.ts';
import { defineTool } from './tool.ts';

export const readEvents = defineTool({
  name: 'read_events',
  title: 'Read what a session did',
  icons: ICONS.events,
  description:
    "Reads a session's log, oldest first: what Claude said, the tools it used, their results, permission " +
    'requests, the end of each turn. Pass the nextAfter you got as "after" to go on; nothing is lost or ' +
    'repeated, across restarts too. With waitMs it waits for news: until "attention" for a turn end or a ' +
    'permission request, "turn_end" for the end of a turn alone, "event" for anything. That is the way to watch ' +
    'one session: one call, no polling. To know only that it is done, wait_sessions costs less.',
  hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    sessionId,
    after: z
      .int()
      .min(0)
      .default(0)
      .describe('Read events after this seq; 0 reads from the start.'),
    limit: z
      .int()
      .min(1)
      .max(EVENTS_LIMIT_MAX)
      .default(EVENTS_LIMIT_DEFAULT)
      .describe('Most events.'),
    waitMs: waitMs.default(0),
    until: z.enum(READ_UNTIL).default('event').describe('What ends the wait.'),
    detail: z.enum(DETAILS).default('summary').describe('full gives whole bodies, paged.'),
  }),
  output: z.object({
    events: z.array(eventView),
    nextAfter: z.int().min(0),
    hasMore: z.boolean(),
    session: sessionView,
  }),
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
    const events = showEvents(read.events, detail, reply);
    const nextAfter = events.at(-1)?.seq ?? args.after;
    return { ...reply, events, nextAfter, hasMore: lastSeq > nextAfter };
  },
});
