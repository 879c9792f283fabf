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
export const PATH_CHARS_MAX = 4096;
export const SYSTEM_PROMPT_BYTES_MAX = 256 * KIB;
export const LABELS_MAX = 32;
export const LABEL_KEY_CHARS_MAX = 64;
export const LABEL_VALUE_CHARS_MAX = 200;
export const TOOL_RULES_MAX = 200;
export const TOOL_RULE_CHARS_MAX = 500;
export const TASKS_PER_SESSION_MAX = 1000;
export const QUEUED_PROMPTS_MAX = 100;
export const PENDING_PERMISSIONS_MAX = 100;
export const ANSWERS_MAX = 20;
/** `cleanup_sessions` ends what has been idle longer than this. */
export const CLEANUP_AGE_MS_DEFAULT = 3_600_000;

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
/** How often a server looks for what others left behind. */
export const SWEEP_MS = 1_000;
/** How often idle sessions are ended and old logs forgotten, and how many rows one step deletes. */
export const HOUSEKEEPING_MS = 60_000;
export const PRUNE_ROWS = 500;

/** A wall clock that moved this much against the monotonic one has jumped. */
export const CLOCK_JUMP_MS = 2_000;

/** Behind every notification stands a look at the store this often. */
export const STORE_POLL_MS = 1_000;
/** Output of a turn is gathered this long before it is written. */
export const OUTPUT_COALESCE_MS = 50;

/** Claude Code must be initialized by then. */
export const RUN_START_MS_MAX = 30_000;
/** From `interrupt` to the result of the turn; past it the process is killed. */
export const INTERRUPT_MS_MAX = 10_000;
/** From the end of input to SIGKILL of a session's process tree. */
export const RUN_CLOSE_GRACE_MS = 2_500;

/** HTTP perimeter. */
export const HTTP_BODY_BYTES_MAX = 4 * KIB * KIB;
export const HTTP_SESSIONS_MAX = 1000;
export const HTTP_SESSION_IDLE_MS = 30 * 60_000;
export const TOOL_INPUT_ELEMENTS_MAX = 10_000;
export const TOOL_INPUT_DEPTH_MAX = 64;
/** A graceful stop of the whole program. */
export const SHUTDOWN_MS_MAX = 5_000;
