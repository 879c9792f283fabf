/** The bounds of the work on sessions: leases, sweeps, and the processes of Claude Code. The last words of a name are its unit. */

const KIB = 1024;
const MIB = KIB * KIB;

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

/** Maximum size of the file with the operator's MCP servers, and how many there may be. */
export const MCP_CONFIG_BYTES_MAX = 256 * KIB;
export const MCP_SERVERS_MAX = 100;
export const RUN_START_MS_MAX = 30_000;
/** Maximum size of a `.mcp.json`. Claude Code takes no larger one. */
export const MCP_JSON_BYTES_MAX = 2 * MIB;
/** Maximum size of the file in which Claude Code records what a person has trusted. A larger one counts as none. */
export const TRUST_RECORD_BYTES_MAX = 16 * MIB;
/** Time for the file system to answer at a start. It may hang. */
export const LOOK_MS_MAX = 10_000;
/** The same before a prompt goes to a live process. If it does not answer, a new process is started. */
export const WARM_LOOK_MS_MAX = 1_000;
/** Time for a live process to take a change of its session's options. After that, the next turn gets a new process. */
export const UPDATE_MS_MAX = 5_000;
/** How long the call that changes them waits for that, if the process is here. */
export const UPDATE_WAIT_MS = 500;
/** Time for the check whether a tool would touch one of the server's files. After that the tool is refused. */
export const SECRET_LOOK_MS_MAX = 5_000;
/** Time for a turn to end after an interrupt. After that its process is killed. */
export const INTERRUPT_MS_MAX = 10_000;
/** Time from the end of input to SIGKILL. */
export const RUN_CLOSE_GRACE_MS = 2_500;
/** How long a process may outlive its stream, or a stream its process. */
export const RUN_DRAIN_MS = 1_000;
/** Time to read the rest of what a process wrote after it is gone. */
export const RUN_REST_MS_MAX = 10_000;
/** Pause before processes are killed again that could not be killed, or not be seen. */
export const KILL_AGAIN_MS = 1_000;
/** Time without output, running tool or open question after which a turn is stopped. */
export const TURN_SILENCE_MS_MAX = 30 * 60_000;
/** Time without output after which the log of a turn says so and names the running tools. */
export const TURN_QUIET_MS = 10 * 60_000;
/** Time for Claude Code to check an output against its schema. A regular expression in that may run for years. */
export const STRUCTURED_OUTPUT_MS_MAX = 30_000;
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
/** Time for bubblewrap to make a sandbox, when it is tried. */
export const SANDBOX_TRY_MS_MAX = 5_000;
/** Maximum number of programs that a notice names. Further ones are counted. */
export const LEFT_NAMES_MAX = 20;

/* Runner: the login shell */

/** Time for the login shell to tell its environment. */
export const LOGIN_MS_MAX = 5_000;
/** Time to read the rest of what it wrote after it has ended. */
export const LOGIN_REST_MS = 500;
/** Maximum size of all that it and its profile print, and of the value of one variable. */
export const LOGIN_CHARS_MAX = MIB;
export const LOGIN_VALUE_CHARS_MAX = 32 * KIB;
