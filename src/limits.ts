/** Every bound of the program, by the room that keeps it. The last words of a name are its unit. */

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
export const SYSTEM_PROMPT_BYTES_MAX = 256 * KIB;
export const LABELS_MAX = 32;
export const LABEL_KEY_CHARS_MAX = 64;
export const LABEL_VALUE_CHARS_MAX = 200;
export const TOOL_RULES_MAX = 200;
export const TOOL_RULE_CHARS_MAX = 500;
/** Maximum number of roots, or of sessions with the same name, that an error lists. */
export const ERROR_LIST_MAX = 5;
/** A shorter `timeout` cannot be meant: it was given in seconds. */
export const TURN_TIMEOUT_MS_MIN = 1_000;
/** Maximum number of answers to the questions of one request, and their size as JSON. */
export const ANSWERS_MAX = 20;
export const ANSWERS_BYTES_MAX = MIB;
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

/* Service: leases, sweeps, idle sessions */

/** Length of a lease on a session's process, its renewal interval, and when its holder gives up without an answer. */
export const LEASE_TIMES = { leaseMs: 15_000, renewMs: 5_000, selfFenceMs: 12_000 };
export type LeaseTimes = Readonly<typeof LEASE_TIMES>;
/** Maximum wait for another server to interrupt or steer a session that runs there. */
export const ORDER_MS_MAX = 12_000;
/** The same if that server is stopped or gone. */
export const ORDER_STOPPED_MS = 1_000;
/** Interval of the search for what other servers left behind. */
export const SWEEP_MS = 1_000;
/** Interval at which a server that cannot be seen is asked whether it still holds its connections. */
export const ROLL_CALL_MS = 60_000;
/** Interval at which idle sessions are ended and old logs are deleted. */
export const HOUSEKEEPING_MS = 60_000;
export const PRUNE_ROWS = 500;
/** Difference between wall clock and monotonic clock that counts as a jump. */
export const CLOCK_JUMP_MS = 2_000;
/** Interval at which the store is polled in case a notification was missed. */
export const STORE_POLL_MS = 1_000;
/** Number of polls after which nobody is expected any more to take a turn, if no live server is known. */
export const SERVER_LOOKS_MAX = 3;
/** Maximum number of commits, and of sessions in one of them, that other servers are told of by name. */
export const NEWS_MAX = 64;
/** Minimum time between two notifications about one resource, or about their list. */
export const NOTIFY_MS = 1_000;
/** Maximum delay between the timestamp of a write and its visibility. */
export const CHANGE_SLACK_MS = 5_000;
/** Maximum number of changed sessions that are read at once. */
export const CHANGES_PAGE = 500;
/** How long an idle process is kept for its background tasks, or for programs that it left running. */
export const BACKGROUND_HOLD_MS_MAX = 3_600_000;
/** Minimum time between two searches for such programs. */
export const LEFT_LOOK_MS = 1_000;
/** How long the queue waits for an evicted process to end. After that, another one is evicted. */
export const EVICTION_MS_MAX = 5_000;
/** How long a call waits for a session's processes to end. An interrupt that fails, and the kill, take less. */
export const STOP_MS_MAX = 30_000;
/** How long a starting process is waited for after its turn was interrupted. */
export const START_GIVEN_UP_MS = 2_000;
/** Maximum size of output that is not written yet. Above it, nothing more is read from Claude Code. */
export const OUTPUT_BACKLOG_BYTES_MAX = 256 * KIB;

/* Runner: one Claude Code process */

export const RUN_START_MS_MAX = 30_000;
/** Time for the file system to answer at a start. It may hang. */
export const LOOK_MS_MAX = 10_000;
/** The same before a prompt goes to a live process. If it does not answer, a new process is started. */
export const WARM_LOOK_MS_MAX = 1_000;
/** Time for the check whether a tool would touch one of the server's files. After that the tool is refused. */
export const SECRET_LOOK_MS_MAX = 5_000;
/** Time for a turn to end after an interrupt. After that its process is killed. */
export const INTERRUPT_MS_MAX = 10_000;
/** Time from the end of input to SIGKILL. */
export const RUN_CLOSE_GRACE_MS = 2_500;
/** Pause before processes are killed again that could not be killed, or not be seen. */
export const KILL_AGAIN_MS = 1_000;
/** Time without output, running tool or open question after which a turn is stopped. */
export const TURN_SILENCE_MS_MAX = 30 * 60_000;
/** Time without output after which the log of a turn says so and names the running tools. */
export const TURN_QUIET_MS = 10 * 60_000;
/** Maximum length of a line of Claude Code's output. The API sends less. */
export const STREAM_LINE_BYTES_MAX = 32 * MIB;
/** Maximum size of the end of a transcript that is searched for prompts of others. */
export const TRANSCRIPT_READ_BYTES_MAX = 8 * MIB;
/** Maximum size of Claude Code's note about a running process. It usually has some hundred bytes. */
export const PROCESS_NOTE_BYTES_MAX = 64 * KIB;
/** Time for the message with a plan to arrive after the question about it. */
export const PLAN_MS_MAX = 1000;
/** Maximum size of a plan file. A longer one cannot be compared with what was shown and is refused. */
export const PLAN_BYTES_MAX = MIB;
/** Maximum number of presented plans without a question that are kept. The oldest are forgotten. */
export const PLANS_KEPT_MAX = 10;
/** Maximum size of what is shown of a command that an answer is remembered for. */
export const REMEMBERED_TEXT_BYTES_MAX = 300;
/** Maximum number of programs that a notice names. Further ones are counted. */
export const LEFT_NAMES_MAX = 20;

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

/* Transport */

export const MESSAGE_BYTES_MAX = 4 * MIB;
export const MESSAGE_DEPTH_MAX = 128;
export const MESSAGE_ELEMENTS_MAX = 40_000;
/** Maximum number of streams of changes that one principal may hold open. */
export const LISTEN_STREAMS_MAX = 64;
/** Time for running calls to be answered when the server stops. */
export const CLOSE_ANSWERS_MS_MAX = 1_000;

export const STDIO_REQUESTS_MAX = 200;
/** Size of unread standard output above which the client gets no more notifications. */
export const STDIO_BEHIND_BYTES_MAX = MIB;
/** Time to answer running calls after the end of standard input. An interrupt takes up to 12 s. */
export const STDIO_LAST_ANSWERS_MS_MAX = 15_000;

/* Transport: HTTP */

/** Maximum size of all request bodies that are being received. */
export const HTTP_BODIES_BYTES_MAX = 64 * MIB;
export const HTTP_HEADER_BYTES_MAX = 16 * KIB;
export const HTTP_CONNECTIONS_MAX = 4096;
/** Maximum number of MCP sessions, and of those of one principal, which cannot take all of them. */
export const HTTP_SESSIONS_MAX = 1000;
export const HTTP_SESSIONS_PER_PRINCIPAL_MAX = 600;
export const HTTP_SESSION_IDLE_MS = 30 * 60_000;
/** The idle time of an MCP session in which nothing has followed `initialize`. */
export const HTTP_SESSION_UNUSED_MS = 60_000;
export const HTTP_SWEEP_MS = 10_000;
/** Maximum number of concurrent requests and streams of one principal: a stream and a few calls per MCP session. */
export const HTTP_EXCHANGES_PER_PRINCIPAL_MAX = 2000;
export const HTTP_RATE_LIMIT_DEFAULT = 500;
/** A principal that was quiet may send the requests of this many seconds at once. */
export const HTTP_BURST_SECONDS = 10;
/** Maximum number of requests per minute without a valid token from one address. Further ones get a 429. */
export const HTTP_AUTH_FAILURES_PER_MINUTE = 100;
export const HTTP_LIMITED_KEYS_MAX = 10_000;
/** `Retry-After` of a client over a limit. */
export const HTTP_RETRY_AFTER_S = 30;
/** Time without any reading after which a client is cut off, and the size of unread data in a stream that does the same. */
export const HTTP_STALL_MS_MAX = 60_000;
export const HTTP_STREAM_BEHIND_BYTES_MAX = MIB;
/** `retry` of a stream: how long a client waits before it reconnects. */
export const HTTP_STREAM_RETRY_MS = 1_000;
/** Maximum size of what is kept for clients that lost their connection: of one MCP session, and of all together. */
export const HTTP_REPLAY_SESSION_EVENTS_MAX = 200;
export const HTTP_REPLAY_SESSION_BYTES_MAX = MIB;
export const HTTP_REPLAY_BYTES_MAX = 64 * MIB;

/** Time for a client to send its header and its whole request, and the interval of that check. */
export const HTTP_TIMES = { headersMs: 10_000, requestMs: 30_000, checkMs: 1_000 };
export type HttpTimes = Readonly<typeof HTTP_TIMES>;
export const HTTP_KEEP_ALIVE_MS = 75_000;
/** How long the rest of a refused body is read and dropped, so that the client can read why. */
export const HTTP_LINGER_MS = 1_000;
/** Time for clients to read the last of their answers when the server stops. */
export const HTTP_CLOSE_GRACE_MS = 500;

/* Transport: tokens */

/** Maximum number of principals for whom a client's configuration is printed at the start. */
export const CLIENT_ENTRIES_MAX = 5;
export const TOKEN_FILE_POLL_MS = 2_000;
/** Maximum size of the token file. A line has some dozens of bytes. */
export const TOKEN_FILE_BYTES_MAX = MIB;
/** Time to read the token file. Its disk may hang. */
export const TOKEN_FILE_READ_MS_MAX = 5_000;
/** How long tokens stay valid while their file is missing, empty or unreadable. */
export const TOKEN_FILE_GRACE_MS = 30_000;
