/** The bounds of connections: messages, MCP sessions, and tokens. The last words of a name are its unit. */

const KIB = 1024;
const MIB = KIB * KIB;

/* Transport */

/** One attachment of the largest size fits in it as base64. */
export const MESSAGE_BYTES_MAX = 8 * MIB;
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
