import { EVENTS_LIMIT_MAX, PROMPT_DATA_BYTES_MAX, REVIEW_EVENTS } from '../limits.ts';
import { ICONS } from '../views/icons.ts';
import { fenced } from '../views/markdown.ts';
import { DATA_NOTE, definePrompt, type PromptCall } from './prompt.ts';

export const reviewSession = definePrompt({
  name: 'review_session',
  title: 'Review a session',
  description:
    'Compares what a session did with what it was asked to do, and proposes the next step.',
  icons: ICONS.review,
  arguments: {
    sessionId: {
      title: 'Session',
      description: 'Id of the session. Type the beginning of its id or name to complete it.',
      required: true,
      completes: 'session',
    },
    focus: {
      title: 'Focus',
      description: 'What to focus on, such as security, tests, cost or a file.',
    },
  },
  async write({ sessionId = '', focus }, call) {
    const transcript = await latestOf(sessionId, call);
    const about = focus === undefined ? '' : `\n\nFocus on this:\n\n${fenced(focus)}`;
    return `Review what the Claude Code session \`${transcript.id}\` did.${about}

1. Read its transcript below. If you need earlier events or text that was cut, call read_events with detail "full".
2. If you can, check the result itself (the changed files, the tests). Do not rely on what the session says it did.
3. Report what was asked; what was done, with evidence; what is wrong, risky or missing, most serious first; which tools
   failed and which permissions were requested; and what it cost.
4. Propose the next step: send_prompt with its text, fork_session to try an alternative, or end_session. Do it only if I
   agree.

${DATA_NOTE}

${fenced(transcript.text, 'markdown')}`;
  },
});

/** The whole transcript if it is short enough, otherwise the end of it. */
async function latestOf(
  sessionId: string,
  { service, caller }: PromptCall,
): Promise<{ readonly id: string; readonly text: string }> {
  const { showTranscript } = await import('../views/transcript.ts');
  const { lastSeq, id } = await service.sessions.get(caller, sessionId);
  const after = Math.max(0, lastSeq - REVIEW_EVENTS);
  const query = { sessionId: id, after, limit: EVENTS_LIMIT_MAX };
  const { session, ...read } = await service.reader.page(caller, query);
  let { events } = read;
  const newest = events.at(-1)?.seq ?? lastSeq;
  for (;;) {
    const part = { session, events, after: (events[0]?.seq ?? 1) - 1 };
    const shown = showTranscript(part, `claude-session://${id}/transcript`, {
      bytesMax: PROMPT_DATA_BYTES_MAX,
    });
    if (shown.shownTo >= newest) return { id, text: shown.text };
    events = events.slice(Math.ceil(events.length / 2));
  }
}
