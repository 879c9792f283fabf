/**
 * The bounds of what callers send and get, and of what is kept of it, by the room that keeps them. Those of processes are in
 * `process-limits.ts`, those of connections in `connection-limits.ts`. The last words of a name are its unit.
 */

const KIB = 1024;
const MIB = KIB * KIB;

/* The program */

export const SHUTDOWN_MS_MAX = 5_000;
/** Maximum size of the log lines that wait for a slow reader of standard error. Further lines are dropped. */
export const LOG_WAITING_BYTES_MAX = MIB;

/* Input of callers: tools, prompts and the library */

/** Maximum wait of one call. Clients cut off calls after 60 s. */
export const WAIT_MS_MAX = 50_000;
export const WAIT_MS_DEFAULT = 30_000;
export const WAIT_SESSIONS_MAX = 100;
export const LIST_LIMIT_MAX = 200;
export const LIST_LIMIT_DEFAULT = 50;
export const EVENTS_LIMIT_MAX = 500;
export const EVENTS_LIMIT_DEFAULT = 100;
export const PROMPT_BYTES_MAX = MIB;
export const NAME_CHARS_MAX = 200;
export const TASK_ID_CHARS_MAX = 200;
export const REASON_CHARS_MAX = 1000;
export const KEY_CHARS_MAX = 200;
export const PATH_CHARS_MAX = 4096;
/** Maximum number of directories of a session besides its working directory. */
export const ADDITIONAL_DIRECTORIES_MAX = 10;
export const SYSTEM_PROMPT_BYTES_MAX = 256 * KIB;
export const LABELS_MAX = 32;
export const LABEL_KEY_CHARS_MAX = 64;
export const LABEL_VALUE_CHARS_MAX = 200;
export const TOOL_RULES_MAX = 200;
export const TOOL_RULE_CHARS_MAX = 500;
/** Maximum size of a list of rules. Claude Code gets it as one argument, which may have 128 KiB. */
export const TOOL_RULES_BYTES_MAX = 100 * KIB;
export const SANDBOX_DOMAINS_MAX = 100;
export const DOMAIN_CHARS_MAX = 253;
/** Maximum number of subagents of a session, and their size as JSON. */
export const AGENTS_MAX = 20;
export const AGENTS_BYTES_MAX = 256 * KIB;
export const AGENT_NAME_CHARS_MAX = 64;
export const AGENT_TOOLS_MAX = 100;
/** Maximum number of roots, or of sessions with the same name, that an error lists. */
export const ERROR_LIST_MAX = 5;
/** A shorter `timeout` cannot be meant: it was given in seconds. */
export const TURN_TIMEOUT_MS_MIN = 1_000;
/** Maximum number of answers to the questions of one request, and their size as JSON. */
export const ANSWERS_MAX = 20;
export const ANSWERS_BYTES_MAX = MIB;
/** Maximum number of files that go with a prompt, and size of each and of all of them. The API takes 32 MB, in base64. */
export const ATTACHMENTS_MAX = 10;
export const ATTACHMENT_BYTES_MAX = 5 * MIB;
export const PROMPT_ATTACHMENTS_BYTES_MAX = 20 * MIB;
/** Maximum size of the files that the queued and running turns of a session have, and those of all sessions. */
export const ATTACHMENTS_SESSION_BYTES_MAX = 100 * MIB;
export const ATTACHMENTS_BYTES_MAX = 1024 * MIB;
/** How long a file stays whose turn nobody knows. Its prompt may just be being stored. */
export const ATTACHMENT_ORPHAN_MS = 600_000;
/** Maximum size of the schema of an output as JSON. */
export const OUTPUT_SCHEMA_BYTES_MAX = 64 * KIB;
/** Time to check the schema of an output, or a value against it. */
export const SCHEMA_MS_MAX = 3_000;
export const CLEANUP_AGE_MS_DEFAULT = 3_600_000;
export const PROMPT_ARGUMENT_CHARS_MAX = 64 * KIB;
/** Maximum size of live data in a prompt of the server. */
export const PROMPT_DATA_BYTES_MAX = 32 * KIB;
export const REVIEW_EVENTS = 200;
export const REPORT_WINDOW_MS = 86_400_000;
export const REPORT_SESSIONS_MAX = 50;

/* Views and resources */

/** With `detail: summary`: maximum size of an event, and of a reply, whose weight is about in tokens. Claude Code takes 25,000. */
export const EVENT_SUMMARY_BYTES_MAX = 2 * KIB;
export const REPLY_SUMMARY_MAX = { bytesMax: 64 * KIB, weightMax: 20_000 };
/** Maximum size of a reply with `detail: full`; the page ends early. Claude Code is told to show as much as it ever does. */
export const REPLY_FULL_BYTES_MAX = MIB;
export const REPLY_CHARS_SHOWN_MAX = 500_000;
/** Maximum size of a resource. Its text ends early and says how to read on. */
export const RESOURCE_BYTES_MAX = 64 * KIB;
export const TRANSCRIPT_TEXT_BYTES_MAX = 16 * KIB;
export const RESOURCE_SESSIONS_PAGE = 50;
export const RESOURCE_URI_CHARS_MAX = 500;

/* Server: calls, forms, completions, subscriptions */

/** Maximum length of a caller's `tracestate`. A longer one is ignored. */
export const TRACE_STATE_CHARS_MAX = 512;
/** Maximum length of what a form shows of a tool's input, a plan or a question. */
export const FORM_CHARS_MAX = 4000;
/** How long a form without an answer holds a wait, and how long it stays up before others have their turn. */
export const FORM_HOLD_MS_MAX = 15_000;
export const FORM_MS_MAX = 600_000;
/** Maximum number of forms in one call that returns for each answer. Clients give up after ten. */
export const FORM_ROUNDS_MAX = 8;
/** Maximum number of notes about forms that were put aside or left unanswered. The oldest are forgotten. */
export const FORM_NOTES_MAX = 10_000;
/** Minimum time between two progress messages of a waiting call. */
export const PROGRESS_MS_MIN = 1_000;
export const ACTIVITY_CHARS_MAX = 120;
/** How long a client may cache the lists that are the same for everybody. */
export const LIST_TTL_MS = 300_000;
/** Roots of a client: time to answer, pause before it is asked again if it did not, and how many are looked at. */
export const CLIENT_ROOTS = { answerMs: 2_000, againMs: 60_000, max: 20 };
export const COMPLETIONS_MAX = 100;
export const COMPLETION_CHARS_MAX = 300;
export const COMPLETION_SESSIONS_SCANNED_MAX = 1000;
/** Maximum number of resources that one MCP session, or one stream of the revision without sessions, may watch. */
export const SUBSCRIPTIONS_MAX = 200;

/* Session: what a log may hold */

export const TASKS_PER_SESSION_MAX = 1000;
export const QUEUED_PROMPTS_MAX = 100;
/** How often a turn may lose its server before the prompt reaches Claude. After that it is not started again. */
export const TURN_CRASHES_MAX = 3;
export const PENDING_PERMISSIONS_MAX = 100;
/** Maximum number of answers that are remembered for a session. Further ones count once. */
export const REMEMBERED_PERMISSIONS_MAX = 1000;
/** Time without an event, or anything that Claude writes, after which a running turn is shown as silent. */
export const SILENT_MS_MIN = 60_000;
/** Maximum size of Claude's last text that is kept as the result of a turn. */
export const TURN_RESULT_BYTES_MAX = 16 * KIB;
/** Maximum size as JSON of an output that fits a schema. A larger one is not cut, because the rest would be no JSON. */
export const TURN_OUTPUT_BYTES_MAX = 256 * KIB;
/** Maximum number of background tasks of a session that are shown. */
export const BACKGROUND_TASKS_SHOWN_MAX = 20;
export const TASK_DESCRIPTION_CHARS_MAX = 120;
/** Maximum length of the end of an unfinished text that is shown while Claude writes it. */
export const UNFINISHED_TEXT_CHARS_MAX = 16 * KIB;
/** Minimum time between two states of an unfinished text that are shown. */
export const UNFINISHED_MS_MIN = 250;
/** Maximum size of the text of one event. A longer text is split into several events. */
export const EVENT_TEXT_BYTES_MAX = 256 * KIB;
/** Maximum number of models that a sum distinguishes. Further ones are counted as `other`. */
export const MODELS_PER_SUM_MAX = 32;
/** Maximum usage of one model in one turn that is believed, whatever the API says. */
export const TURN_TOKENS_MAX = 1_000_000_000_000;
export const TURN_USD_MAX = 1_000_000;
/** Maximum of a sum. A larger whole number is not exact, and SQLite's driver refuses to read it. */
export const SUM_MAX = Number.MAX_SAFE_INTEGER;
export const SUM_USD_MAX = 1_000_000_000_000;

/* Manager: the library class */

/** Maximum size of a ring, in entries and in bytes. The first bound that is reached counts. */
export const BUFFER_ENTRIES_MAX = 1000;
export const BUFFER_BYTES_MAX = MIB;
export const LIBRARY_SESSIONS_MAX = 100_000;

/* Store */

/** Maximum number of jobs in one commit, and maximum time to run them. The rest waits for the next commit. */
export const BATCH_JOBS_MAX = 500;
export const BATCH_MS_MAX = 10;
/** Maximum time that one attempt to lock the database may block the event loop. */
export const LOCK_ATTEMPT_MS = 20;
export const LOCK_PAUSE_MS = 10;
/** Maximum time without the lock. After that, waiting calls are refused. Well below the lease's self-fence. */
export const LOCK_MS_MAX = 5_000;
/** Size to which the journal file is cut back when nobody reads the rest. */
export const JOURNAL_KEPT_BYTES_MAX = 8 * MIB;
/** Size of the journal above which nothing is written until it is emptied. One more commit stays below 64 MiB. */
export const JOURNAL_BYTES_MAX = 40 * MIB;
/** Pause before the database is opened again after its disk has failed. It doubles up to the maximum. */
export const REOPEN_PAUSE_MS = 100;
export const REOPEN_PAUSE_MS_MAX = 2_000;
/** Maximum size of a database that is checked page by page at each start, which takes about 50 ms. */
export const DATABASE_CHECKED_BYTES_MAX = 32 * MIB;
/** Maximum number of sessions that a filter may find to be sorted. More are read from the newest on. */
export const FILTERED_SESSIONS_SORTED_MAX = 1000;
/** Maximum number of changed sessions that keep their position while pages of the list are read. */
export const MOVED_SESSIONS_MAX = 5000;
/** Size above which a page of a log ends early. One event may be larger. */
export const EVENT_PAGE_BYTES_MAX = 4 * MIB;
/** How long the end of a caller's last turn counts for its place in the queue. */
export const SERVED_KEPT_MS = 3_600_000;
