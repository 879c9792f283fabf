/** Bounds that only the HTTP transport has; the others stand in limits.ts. */

/** A client that has not sent its whole header, or its whole request, by then is cut off. */
export const HTTP_HEADERS_MS_MAX = 10_000;
export const HTTP_REQUEST_MS_MAX = 30_000;
/** How often those two are checked, and how often idle MCP sessions are looked for. */
export const HTTP_CHECK_MS = 1_000;
export const HTTP_SWEEP_MS = 10_000;
/** An idle connection stays open that long. */
export const HTTP_KEEP_ALIVE_MS = 75_000;
export const HTTP_HEADER_BYTES_MAX = 16 * 1024;
/** The rest of a body that was refused is thrown away for that long, so that the client can read why. */
export const HTTP_LINGER_MS = 1_000;
/** What a client over a limit is told to wait. */
export const HTTP_RETRY_AFTER_S = 30;
/** Answers under way have that long to leave when the server stops. */
export const HTTP_CLOSE_GRACE_MS = 1_000;
