/** What `import 'claude-sessions-mcp'` exports: sessions in memory, without a server. */

export { type ErrorCode, SessionError, SessionNotFoundError } from './errors.ts';
export type { ClaudeCodeSession } from './manager/live-session.ts';
export type { ClaudeCodeOptions } from './manager/options.ts';
export { SessionManager, type SessionManagerDeps } from './manager/session-manager.ts';
export type { SessionMetrics } from './manager/tally.ts';
export { SESSION_ID_PREFIX } from './session/session.ts';
export type { SessionStatus } from './session/status.ts';
