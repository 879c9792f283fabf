import { EVENTS_LIMIT_MAX, PROMPT_DATA_BYTES_MAX, REVIEW_EVENTS } from '../limits.ts';
import { ICONS } from '../views/icons.ts';
import { fenced } from '../views/markdown.ts';
import { showTranscript } from '../views/transcript.ts';
import { DATA_NOTE, definePrompt, type PromptCall } from './prompt.ts';

export const reviewSession = definePrompt({
  name: 'review_session',
  title: 'Review what a session did',
  description: 'Holds what a session did against what it was asked, and says what to do next.',
  icons: ICONS.review,
  arguments: {
    sessionId: {
      title: 'Session',
      description: 'Id of the session; type the beginning of its id or of its name.',
      required: true,
      completes: 'session',
    },
    focus: {
      title: 'Focus',
      description: 'What to look at above all: security, tests, cost, a file.',
    },
  },
  async write({ sessionId = '', focus }, call) {
    const transcript = await latestOf(sessionId, call);
    const about = focus === undefined ? '' : `\n\nLook above all at this:\n\n${fenced(focus)}`;
    return `Review what the Claude Code session \`${transcript.id}\` did.${about}

1. Read its transcript below. For what came before it, or was cut, call read_events with detail "full".
2. Look at the result itself where you can (the files it changed, the tests): what a session says it did is a claim.
3. Report: what was asked; what was done, with evidence; what is wrong, risky or missing, the worst first; tools that
   failed and permissions that were asked; what it cost.
4. Propose the next step: a send_prompt with its text, a fork_session to try another way, or end_session. Do it only
   when I agree.

${DATA_NOTE}

${fenced(transcript.text, 'markdown')}`;
  },
});

/** All of a short session, the end of a long one. */
async function latestOf(
  sessionId: string,
  { service, caller }: PromptCall,
): Promise<{ readonly id: string; readonly text: string }> {
  const { lastSeq, id } = await service.sessions.get(caller, sessionId);
  const after = Math.max(0, lastSeq - REVIEW_EVENTS);
  const query = { sessionId, after, limit: EVENTS_LIMIT_MAX };
  const { session, ...read } = await service.reader.page(caller, query);
  let { events } = read;
  const newest = events.at(-1)?.seq ?? lastSeq;
  for (;;) {
    const part = { session, events, after: (events[0]?.seq ?? 1) - 1 };
    const shown = showTranscript(part, `claude-session://${id}/transcript`, PROMPT_DATA_BYTES_MAX);
    if (shown.shownTo >= newest) return { id, text: shown.text };
    events = events.slice(Math.ceil(events.length / 2));
  }
}
