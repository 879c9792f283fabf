import { type Claim, claim } from './claim.ts';

/** Tools, resources and prompts. */
export const TOOLS_AND_MORE: readonly Claim[] = [
  claim(
    '| `create_session` | starts a session in a directory; with a `prompt`, work begins at once |',
    'tools/create-session.test.ts › with a prompt starts its turn, and the runner gets every option as it was given',
    'tools/create-session.test.ts › resolves links inside the roots, so that the session works in the real directory',
  ),
  claim(
    '| `get_session` | shows one session: status, turns, tasks, tokens, cost |',
    'tools/get-session.test.ts › shows a session as create_session did, and as it has become',
  ),
  claim(
    '| `list_sessions` | lists your sessions, newest activity first; filters and pages |',
    'tools/list-sessions.test.ts › lists newest activity first, and ended sessions too',
    'tools/list-sessions.test.ts › filters by status, task, label and MCP session, alone and together',
    'tools/list-sessions.test.ts › pages through all, each once, with a cursor only where there is more',
  ),
  claim(
    '| `send_prompt` | queues a prompt, steers the running turn, or interrupts it first; `/compact` shortens the conversation |',
    'runner/claude-prompts.test.ts › compacts the conversation; what stands behind it names files and reads none',
    'tools/send-prompt.test.ts › runs queued prompts one at a time, in the order they came, in one process',
    'tools/send-prompt.test.ts › puts the prompt into the turn that runs, and the log says so when it answers',
    'tools/send-prompt.test.ts › stops the turn that runs, and the prompt is the next turn',
  ),
  claim(
    '| `read_events` | reads the log from a cursor, or waits for news |',
    'tools/read-events.test.ts › pages with nextAfter, so that every event comes once and in order',
    'tools/read-events.test.ts › until event: is woken by the first thing that happens',
  ),
  claim(
    '| `wait_sessions` | waits until any or all of up to 100 sessions need you |',
    'tools/wait-sessions.test.ts › for any: answers when the first needs attention, with all of them as they are',
    'tools/wait-sessions.test.ts › for all: answers when the last does',
    'tools/wait-sessions.test.ts › watches a hundred sessions in one call',
  ),
  claim(
    '| `interrupt_session` | stops the running turn; the session stays usable |',
    'tools/interrupt-session.test.ts › answers once the turn has really stopped, and not before',
    'tools/interrupt-session.test.ts › leaves the session usable, in the same process',
  ),
  claim(
    '| `cancel_prompt` | takes a queued prompt back |',
    'tools/cancel-prompt.test.ts › takes a queued prompt back, so that Claude never sees it',
  ),
  claim(
    '| `list_permission_requests` | what Claude asks to be allowed, over all sessions, and what an answer for the session would cover |',
    'service/permission-memory.test.ts › is said before and after, and known to every later process of the session, also after a restart, and to no fork',
    'tools/list-permission-requests.test.ts › lists those of all sessions, oldest first, or of one session, or of this MCP session',
  ),
  claim(
    '| `answer_permission_request` | allows or denies, once or for the session, with a message or a changed input |',
    'tools/answer-permission-request.test.ts › allow with a changed input, for the rest of the session',
    'tools/answer-permission-request.test.ts › deny: Claude reads why',
  ),
  claim(
    '| `fork_session` | a new session that begins with the conversation so far |',
    'tools/fork-session.test.ts › makes a session of its own that begins with the conversation of the other',
    'runner/claude.test.ts › that is forked takes the conversation along, pays only its own turns, and leaves the other alone',
  ),
  claim(
    '| `attach_session` | ties a session to your MCP session |',
    'tools/attach-session.test.ts › ties the session to the caller, who may change it from then on, and the first may not',
  ),
  claim(
    '| `link_task` | links a session to a ticket of yours, for its cost |',
    'tools/link-task.test.ts › link a session to several tasks, the last of which is its taskId',
    'tools/get-metrics.test.ts › sums a session, its tasks, this MCP session and all, each exactly',
  ),
  claim(
    '| `unlink_task` | takes that back |',
    'tools/link-task.test.ts › a link is found by list_sessions, also after a restart, and an unlinked one is not',
  ),
  claim(
    '| `end_session` | ends a session; returns when its last process is gone |',
    'tools/end-session.test.ts › answers after the last process is gone, and starts none for what is queued',
  ),
  claim(
    '| `cleanup_sessions` | ends your idle sessions |',
    'tools/cleanup-sessions.test.ts › ends what has been idle for more than an hour, and says how many',
    'tools/cleanup-sessions.test.ts › ends those of every client of its principal, and of nobody else',
  ),
  claim(
    '| `get_metrics` | counts sessions and turns, sums tokens and cost, also by model, per session, task or principal |',
    'tools/get-metrics.test.ts › sums each model by itself, in every scope and over a restart',
    'tools/get-metrics.test.ts › sums a session, its tasks, this MCP session and all, each exactly',
  ),
  claim(
    'Calls answer at once.',
    'tools/send-prompt.test.ts › answers at once with the queued turn and the seq from which its events are read',
    'tools/wait-sessions.test.ts › answers with none ready when the time is up, and at once with waitMs 0',
  ),
  claim(
    'Two answer when something has really stopped: `interrupt_session` (12 s where nothing else helps) and `end_session` (a few seconds).',
    'tools/interrupt-session.test.ts › answers once the turn has really stopped, and not before',
    'runner/claude-stop.test.ts › that Claude Code does not follow ends the process',
    'docs/tables.test.ts › of time between servers are those of the program',
    'tools/end-session.test.ts › answers after the last process is gone, and starts none for what is queued',
    'runner/claude-scripted.test.ts › is gone after %s',
  ),
  claim(
    'Waits are yours to bound (`waitMs`, at most 50,000: clients cut calls at 60 s), and tell a client that asks for progress what Claude does meanwhile.',
    'tools/bad-input.test.ts › a value out of its range',
    'tools/read-events.test.ts › answers with what there is when the time is up',
    'server/progress.test.ts › a client (%s) that waits hears what Claude does, before the answer',
  ),
  claim(
    'A client that can show forms is shown what Claude asks while a call waits.',
    'server/forms.test.ts › is shown what Claude asks for, and what they choose is the answer; the wait goes on',
  ),
  claim(
    'A failed call is a result with `{"error": {"code", "message", "hint", "retryable"}}`.',
    'tools/bad-input.test.ts › refuses an argument that it does not know, by its name',
    'server/tools.test.ts › answers a defect as INTERNAL without a word of it, and logs it with its stack',
  ),
  claim(
    '`tools/list` has the schemas.',
    'server/tools.test.ts › gives every tool a title, a picture, a description, four hints, and strict schemas',
    'readme.test.ts › names every tool, in the order of tools/list',
  ),
  claim(
    '| `claude-sessions://metrics` | what `get_metrics` says of all your sessions |',
    'resources/resources.test.ts › gives a session, its log and the sums as the tools do',
  ),
  claim(
    '| `claude-session://{id}` | one session, as `get_session` shows it |',
    'resources/resources.test.ts › gives a session, its log and the sums as the tools do',
  ),
  claim(
    '| `claude-session://{id}/transcript` | what it was asked, said and did, in Markdown for people |',
    'views/transcript.test.ts › tells a turn as a person would: the prompt, the words, the tools, the permissions, the end',
  ),
  claim(
    '| `claude-session://{id}/events` | its log, as `read_events` gives it |',
    'resources/resources.test.ts › gives a session, its log and the sums as the tools do',
  ),
  claim(
    'A long transcript or log comes in parts of at most 64 KiB; each names the next (`?after=` and a seq).',
    'resources/resources.test.ts › reads the %s of a long log on and on',
    'views/transcript.test.ts › is read on where a part ends, in parts within their bound, nothing missed',
  ),
  claim(
    'All can be watched: clients are told of a change, and of sessions that are made or end, at most once a second, whichever server they happened at.',
    'resources/subscriptions.test.ts › is told what it watches, until it watches it no more',
    'resources/subscriptions.test.ts › is told of the list when a session of its own is made or ends',
    'resources/subscriptions.test.ts › hears of what happens at another server on the same state directory',
    'service/changes.test.ts › are told at once, and then once in a while, each session once',
  ),
  claim(
    'Ids (by id or name), task ids and labels are completed.',
    'resources/completion.test.ts › offers ids of sessions, by their beginning or by that of the name',
    'resources/completion.test.ts › offers task ids and labels where a prompt asks for them, and nothing for free text',
  ),
  claim(
    '| `delegate_task` | hands a job to a session, watches over it, reports what came of it |',
    'prompts/prompts.test.ts › delegate_task carries the task and the arguments for create_session',
  ),
  claim(
    '| `review_session` | holds what a session did against what it was asked |',
    'prompts/prompts.test.ts › review_session carries the transcript, fenced, its end where it is long',
  ),
  claim(
    '| `triage_permissions` | goes through what Claude asks to be allowed, and prepares your decisions |',
    'prompts/prompts.test.ts › triage_permissions carries what is pending, of all sessions or of one',
  ),
  claim(
    '| `daily_report` | the last 24 hours: what was done, what needs you, what it cost |',
    'prompts/prompts.test.ts › daily_report carries the sums, and the sessions of the last day only',
  ),
];
