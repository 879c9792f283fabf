/** Every bound of the program in one place. Units stand in the names. */

const KIB = 1024;

/** Longest wait of one call; clients cut calls at 60 s. */
export const WAIT_MS_MAX = 50_000;
export const WAIT_MS_DEFAULT = 30_000;

export const LIST_LIMIT_MAX = 200;
export const LIST_LIMIT_DEFAULT = 50;
export const EVENTS_LIMIT_MAX = 500;
export const EVENTS_LIMIT_DEFAULT = 100;
export const WAIT_SESSIONS_MAX = 100;

/** `detail: summary` cuts each event and each reply to these. */
export const EVENT_SUMMARY_BYTES_MAX = 2 * KIB;
export const REPLY_SUMMARY_BYTES_MAX = 64 * KIB;
/** `detail: full` pages: a reply ends early rather than grow past this. */
export const REPLY_FULL_BYTES_MAX = 1024 * KIB;

export const PROMPT_BYTES_MAX = 1024 * KIB;
export const NAME_CHARS_MAX = 200;
export const TASK_ID_CHARS_MAX = 200;
export const REASON_CHARS_MAX = 1000;
export const KEY_CHARS_MAX = 200;
/** Of a caller's `tracestate`; a longer one is left out. */
export const TRACE_STATE_CHARS_MAX = 512;
/** What may wait for a slow reader of standard error; further lines of the log are dropped. */
export const LOG_WAITING_BYTES_MAX = 1024 * KIB;
export const PATH_CHARS_MAX = 4096;
export const SYSTEM_PROMPT_BYTES_MAX = 256 * KIB;
export const LABELS_MAX = 32;
export const LABEL_KEY_CHARS_MAX = 64;
export const LABEL_VALUE_CHARS_MAX = 200;
export const TOOL_RULES_MAX = 200;
export const TOOL_RULE_CHARS_MAX = 500;
export const TASKS_PER_SESSION_MAX = 1000;
export const QUEUED_PROMPTS_MAX = 100;
/** A turn whose server dies so often before the prompt has reached Claude is not started again. */
export const TURN_CRASHES_MAX = 3;
export const PENDING_PERMISSIONS_MAX = 100;
/** Answers that are remembered for the rest of a session; further ones count once. */
export const REMEMBERED_PERMISSIONS_MAX = 1000;
/** A question about a plan waits so long for the message that holds the plan. */
export const PLAN_MS_MAX = 1000;
/** A plan file that is longer cannot be compared with what was shown, and is refused. */
export const PLAN_BYTES_MAX = 1024 * KIB;
/** Plans that Claude has presented and nobody was asked about; the oldest are forgotten. */
export const PLANS_KEPT_MAX = 10;
/** What is shown of a command that an answer is remembered for. */
export const REMEMBERED_TEXT_BYTES_MAX = 300;
export const ANSWERS_MAX = 20;
/** What a form shows a person of a tool's input, a plan or a question. */
export const FORM_CHARS_MAX = 4000;
/** A person has so long for one form; after that the request is left to the tools. */
export const FORM_MS_MAX = 600_000;
/** Forms within one call, where a call comes back with each answer; clients give up after ten. */
export const FORM_ROUNDS_MAX = 8;
/** Forms that somebody put aside, remembered so that nobody is asked twice; the oldest are forgotten. */
export const FORMS_ASIDE_MAX = 10_000;
/** Progress of a waiting call: at most one message in so long, with so much text. */
export const PROGRESS_MS_MIN = 1_000;
export const ACTIVITY_CHARS_MAX = 120;
/** `cleanup_sessions` ends what has been idle longer than this. */
export const CLEANUP_AGE_MS_DEFAULT = 3_600_000;

/** Models that a sum tells apart; further ones count together, as `other`. */
export const MODELS_PER_SUM_MAX = 32;
/** The most that one turn is believed to have used of one model, whatever the API says. */
export const TURN_TOKENS_MAX = 1_000_000_000_000;
export const TURN_USD_MAX = 1_000_000;
/** A notice of a retry or a rate limit names figures up to these; others are left out of it. */
export const HTTP_STATUS_MAX = 999;
export const RETRIES_MAX = 1000;
export const RETRY_DELAY_MS_MAX = 7 * 86_400_000;
/** Epoch seconds: the end of the year 9999. */
export const RESET_S_MAX = 253_402_300_799;
/** Sums stop here: a larger whole number is not exact any more, and SQLite's driver refuses to read it. */
export const SUM_MAX = Number.MAX_SAFE_INTEGER;
export const SUM_USD_MAX = 1_000_000_000_000;

/** What is kept of Claude's last text as the result of a turn. */
export const TURN_RESULT_BYTES_MAX = 16 * KIB;
/** One event's text in the log; a longer block is split into several events. */
export const EVENT_TEXT_BYTES_MAX = 256 * KIB;

/** Rings of the library class: whichever bound is reached first. */
export const BUFFER_ENTRIES_MAX = 1000;
export const BUFFER_BYTES_MAX = 1024 * KIB;
/** Sessions the library class holds at once. */
export const LIBRARY_SESSIONS_MAX = 100_000;

/** Lease on a session's process: taken for, renewed every, given up without an answer after. */
export type LeaseTimes = {
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly selfFenceMs: number;
};

export const LEASE_TIMES: LeaseTimes = { leaseMs: 15_000, renewMs: 5_000, selfFenceMs: 12_000 };

/** How long a server waits for another one to interrupt or steer a session that runs there. */
export const ORDER_MS_MAX = 12_000;
/** The same for a server that does not run: one that somebody has stopped, or that is gone. */
export const ORDER_STOPPED_MS = 1_000;
/** How often a server looks for what others left behind. */
export const SWEEP_MS = 1_000;
/** A server that cannot be seen from here is asked this often whether it still holds its connections. */
export const ROLL_CALL_MS = 60_000;
/** How often idle sessions are ended and old logs forgotten, and how many rows one step deletes. */
export const HOUSEKEEPING_MS = 60_000;
export const PRUNE_ROWS = 500;

/** A caller whose last turn ended longer ago waits from the time of its prompt. */
export const SERVED_KEPT_MS = 3_600_000;

/** A wall clock that moved this much against the monotonic one has jumped. */
export const CLOCK_JUMP_MS = 2_000;

/** Behind every notification stands a look at the store this often. */
export const STORE_POLL_MS = 1_000;

/** An idle process with background tasks, or with programs that it has left running, is kept this long after its last turn. */
export const BACKGROUND_HOLD_MS_MAX = 3_600_000;
/** Whether it has any is looked up at most this often. */
export const LEFT_LOOK_MS = 1_000;
/** Programs that the notice of their end names; further ones are counted. */
export const LEFT_NAMES_MAX = 20;

/** A tool is refused if it cannot be found out by then whether it would read a file of the server's own. */
export const SECRET_LOOK_MS_MAX = 5_000;
/** Claude Code must be initialized by then. */
export const RUN_START_MS_MAX = 30_000;
/** Files that a start looks at must answer by then, as a file system may hang. */
export const LOOK_MS_MAX = 10_000;
/** The same before a prompt goes to a warm process; a new process serves if they do not. */
export const WARM_LOOK_MS_MAX = 1_000;
/** From `interrupt` to the result of the turn; past it the process is killed. */
export const INTERRUPT_MS_MAX = 10_000;
/** A process that is still starting when its turn is interrupted is given up after so long. */
export const START_GIVEN_UP_MS = 2_000;
/** A turn whose process says nothing for so long, while no tool runs and nobody is asked, is stopped. */
export const TURN_SILENCE_MS_MAX = 30 * 60_000;
/** A turn that has put out nothing for so long says so in its log, with the tools that have not answered. */
export const TURN_QUIET_MS = 10 * 60_000;
/** A running turn whose session has had no event for so long is shown as silent. */
export const SILENT_MS_MIN = 60_000;
/** One line of Claude Code's output; what it exchanges with the API is smaller. */
export const STREAM_LINE_BYTES_MAX = 32 * KIB * KIB;
/** With so much said and not yet written, no more is read from Claude Code. */
export const OUTPUT_BACKLOG_BYTES_MAX = 256 * KIB;
/** What others have added to a transcript is looked for in so much of its end. */
export const TRANSCRIPT_READ_BYTES_MAX = 8 * KIB * KIB;
/** Claude Code's note of a process that runs has some hundred bytes. */
export const PROCESS_NOTE_BYTES_MAX = 64 * KIB;
/** From the end of input to SIGKILL of a session's process tree. */
export const RUN_CLOSE_GRACE_MS = 2_500;
/** The pause before processes that could not be ended, or looked for, are killed again. */
export const KILL_AGAIN_MS = 1_000;
/** A call that ends a session's processes waits this long; well past an interrupt that is not heeded, and its kill. */
export const STOP_MS_MAX = 30_000;
/** The queue waits this long for the process of an evicted session to go; then the next one makes room as well. */
export const EVICTION_MS_MAX = 5_000;

/** One commit takes so many jobs, for so long; the rest waits for the next. */
export const BATCH_JOBS_MAX = 500;
export const BATCH_MS_MAX = 10;
/** One attempt at a lock of the state database may hold up the event loop for so long. */
export const LOCK_ATTEMPT_MS = 20;
/** The pause to the next attempt. */
export const LOCK_PAUSE_MS = 10;
/** After so long without the lock, what waits is refused; well below the lease's self-fence. */
export const LOCK_MS_MAX = 5_000;
/** The journal file is cut back to this as soon as nobody reads the rest. */
export const JOURNAL_KEPT_BYTES_MAX = 8 * KIB * KIB;
/** Past this nothing is written until the journal is emptied: one more commit stays below 64 MiB. */
export const JOURNAL_BYTES_MAX = 40 * KIB * KIB;
/** The journal is written anew in pieces of this size. */
export const JOURNAL_COPY_BYTES = KIB * KIB;
/** After its disk has failed the state database is opened anew: at once, then after a pause that doubles. */
export const REOPEN_PAUSE_MS = 100;
export const REOPEN_PAUSE_MS_MAX = 2_000;
/** A state database up to this size is checked page by page at each start; that takes about 50 ms. */
export const CHECKED_BYTES_MAX = 32 * KIB * KIB;
/** Sessions that a filter finds are fetched and sorted up to this many; more are walked from the newest on. */
export const FILTERED_SESSIONS_SORTED_MAX = 1000;
/** Sessions that changed while pages of the list are read keep their place on them, up to this many. */
export const MOVED_SESSIONS_MAX = 5000;
/** One page of a log ends early rather than grow past this; one event may. */
export const EVENT_PAGE_BYTES_MAX = 4 * KIB * KIB;

/** How long a client may keep the lists that are the same for everybody. */
export const LIST_TTL_MS = 300_000;

/** Resources and prompts. A text ends early rather than grow past its bound, and says how to read on. */
export const RESOURCE_BYTES_MAX = 64 * KIB;
export const RESOURCE_SESSIONS_PAGE = 50;
export const RESOURCE_URI_CHARS_MAX = 500;
/** Of one event, in a transcript. */
export const TRANSCRIPT_TEXT_BYTES_MAX = 16 * KIB;
export const PROMPT_ARGUMENT_CHARS_MAX = 64 * KIB;
/** Live data in a prompt. */
export const PROMPT_DATA_BYTES_MAX = 32 * KIB;
/** A review shows the newest events, at most so many. */
export const REVIEW_EVENTS = 200;
/** A report covers the last day. */
export const REPORT_WINDOW_MS = 86_400_000;
export const REPORT_SESSIONS_MAX = 50;
/** What a completion offers at once, and how many sessions it looks through. */
export const COMPLETIONS_MAX = 100;
export const COMPLETION_CHARS_MAX = 300;
export const COMPLETION_SESSIONS_SCANNED_MAX = 1000;
/** A client is told of changes this often at most, for each resource and for the list of them. */
export const NOTIFY_MS = 1_000;
/** Resources that one MCP session, or one stream of the revision without them, may watch. */
export const SUBSCRIPTIONS_MAX = 200;
/** Streams of changes that one principal may hold open over HTTP. */
export const LISTEN_STREAMS_MAX = 64;
/** A write is stamped when it begins; by then it is to be seen. */
export const CHANGE_SLACK_MS = 5_000;
/** Sessions whose change is looked up at once. */
export const CHANGES_PAGE = 500;

/** One message of a client, over whatever transport. */
export const MESSAGE_BYTES_MAX = 4 * KIB * KIB;

/** Requests of the client on standard input under way at once. */
export const STDIO_REQUESTS_MAX = 200;
/** With so much unread on standard output, the client is told no more news. */
export const STDIO_BEHIND_BYTES_MAX = KIB * KIB;
/** After the end of its input a client has so long to get its answers; an interrupt takes up to 12 s. */
export const STDIO_LAST_ANSWERS_MS_MAX = 15_000;

/** HTTP perimeter. */
/** What is held of all bodies that are coming in at once. */
export const HTTP_BODIES_BYTES_MAX = 64 * KIB * KIB;
export const HTTP_SESSIONS_MAX = 1000;
/** One principal cannot take all of them from the others. */
export const HTTP_SESSIONS_PER_PRINCIPAL_MAX = 600;
export const HTTP_SESSION_IDLE_MS = 30 * 60_000;
/** A session in which nothing has followed `initialize` is ended after this. */
export const HTTP_SESSION_UNUSED_MS = 60_000;
/** Connections over this are closed at once. */
export const HTTP_CONNECTIONS_MAX = 4096;
/** Requests and streams of one principal under way at once: a stream and a few calls for each MCP session. */
export const HTTP_EXCHANGES_PER_PRINCIPAL_MAX = 2000;
export const HTTP_RATE_LIMIT_DEFAULT = 500;
/** A principal that has been quiet may send the requests of so many seconds at once. */
export const HTTP_BURST_SECONDS = 10;
/** Requests without a valid token from one address; more are answered 429. */
export const HTTP_AUTH_FAILURES_PER_MINUTE = 100;
/** Principals and addresses that are counted at once. */
export const HTTP_LIMITED_KEYS_MAX = 10_000;
/** A client that takes nothing of its answer or stream for so long is cut off, and one with so much unread in a stream. */
export const HTTP_STALL_MS_MAX = 60_000;
export const HTTP_STREAM_BEHIND_BYTES_MAX = KIB * KIB;
/** A client whose stream has broken is told to wait so long before it asks for the rest. */
export const HTTP_STREAM_RETRY_MS = 1_000;
/** What is kept of a session's streams for a client that lost its connection, and of all sessions together. */
export const HTTP_REPLAY_SESSION_EVENTS_MAX = 200;
export const HTTP_REPLAY_SESSION_BYTES_MAX = KIB * KIB;
export const HTTP_REPLAY_BYTES_MAX = 64 * KIB * KIB;
/** At the start a line for a client is printed for so many principals. */
export const CLIENT_ENTRIES_MAX = 5;
/** How often the token file is read for changes. */
export const TOKEN_FILE_POLL_MS = 2_000;
/** A token file has some dozens of bytes for each name; and reading it takes no time unless its disk hangs. */
export const TOKEN_FILE_BYTES_MAX = KIB * KIB;
export const TOKEN_FILE_READ_MS_MAX = 5_000;
/** Tokens stay good for so long while their file is gone, empty or cannot be read. */
export const TOKEN_FILE_GRACE_MS = 30_000;
/** A client that has not sent its whole header, or its whole request, by then is cut off; how often that is checked. */
export type HttpTimes = {
  readonly headersMs: number;
  readonly requestMs: number;
  readonly checkMs: number;
};

export const HTTP_TIMES: HttpTimes = { headersMs: 10_000, requestMs: 30_000, checkMs: 1_000 };

/** How often idle MCP sessions are looked for. */
export const HTTP_SWEEP_MS = 10_000;
/** An idle connection stays open that long. */
export const HTTP_KEEP_ALIVE_MS = 75_000;
export const HTTP_HEADER_BYTES_MAX = 16 * KIB;
/** The rest of a body that was refused is thrown away for that long, so that the client can read why. */
export const HTTP_LINGER_MS = 1_000;
/** What a client over a limit is told to wait. */
export const HTTP_RETRY_AFTER_S = 30;
/** When the server stops, calls under way have that long to be answered. */
export const CLOSE_ANSWERS_MS_MAX = 1_000;
/** Connections whose client does not take the last of its answer are cut that long after. */
export const HTTP_CLOSE_GRACE_MS = 500;
export const TOOL_INPUT_ELEMENTS_MAX = 10_000;
export const TOOL_INPUT_DEPTH_MAX = 64;
/** How often a server that npm runs looks whether npm is still there. */
export const NPM_POLL_MS = 1_000;
/** A graceful stop of the whole program. */
export const SHUTDOWN_MS_MAX = 5_000;
