/** A session as plain as possible. The model is an array of these, searched from end to end. */
type Plain = {
  id: string;
  status: string;
  taskId: string | undefined;
  mcpSessionId: string | undefined;
  output: string[];
  createdAt: number;
  lastActivity: number;
  createdMs: number;
  activeMs: number;
  durationMs: number;
  hasController: boolean;
  aborts: number;
};

const ALLOWED = [
  'initializing ready',
  'initializing error',
  'ready initializing',
  'ready busy',
  'ready error',
  'busy ready',
  'busy error',
  'error initializing',
  'error ready',
  'error busy',
];
/** The five statuses first. */
export const WORDS = ['initializing', 'ready', 'busy', 'error', 'terminated', 'junk', ''];

export class Model {
  readonly sessions: Plain[] = [];
  wallMs: number;
  elapsedMs = 0;

  constructor(wallMs: number) {
    this.wallMs = wallMs;
  }

  create(): void {
    this.sessions.push({
      id: `claude_${this.sessions.length + 1}`,
      status: 'ready',
      taskId: undefined,
      mcpSessionId: undefined,
      output: [],
      createdAt: this.wallMs,
      lastActivity: this.wallMs,
      createdMs: this.elapsedMs,
      activeMs: this.elapsedMs,
      durationMs: 0,
      hasController: false,
      aborts: 0,
    });
  }

  held(id: string): Plain {
    const session = this.sessions.find((one) => one.id === id);
    if (session === undefined) throw new Error('nobody holds it');
    return session;
  }

  live(id: string): Plain {
    const session = this.sessions.find((one) => one.id === id && one.status !== 'terminated');
    if (session === undefined) throw new Error('SESSION_NOT_FOUND');
    return session;
  }

  change(id: string, change: Partial<Plain>): void {
    const session = this.live(id);
    const lastActivity = Math.max(session.lastActivity, this.wallMs);
    Object.assign(session, change, { activeMs: this.elapsedMs, lastActivity });
  }

  push(id: string, text: string): number {
    const session = this.held(id);
    if (session.status !== 'terminated') this.change(id, {});
    return session.output.push(text);
  }

  setController(id: string): void {
    const session = this.held(id);
    if (session.status === 'terminated') throw new Error('SESSION_NOT_READY');
    if (session.status === 'busy' && session.hasController) session.aborts += 1;
    session.hasController = true;
  }

  setStatus(id: string, status: string): void {
    const session = this.live(id);
    if (!WORDS.slice(0, 5).includes(status)) throw new Error('INVALID_REQUEST');
    if (status === 'terminated') {
      this.end(id);
      return;
    }
    if (status !== session.status && !ALLOWED.includes(`${session.status} ${status}`)) {
      throw new Error('CONFLICT');
    }
    this.change(id, { status });
  }

  end(id: string): void {
    const session = this.sessions.find((one) => one.id === id);
    if (session === undefined || session.status === 'terminated') return;
    const durationMs = this.elapsedMs - session.createdMs;
    const aborts = session.aborts + (session.hasController ? 1 : 0);
    this.change(id, { status: 'terminated', durationMs, aborts });
  }

  cleanup(maxAgeMs: number): number {
    if (!(maxAgeMs >= 0)) throw new Error('INVALID_REQUEST');
    const idle = this.sessions.filter(
      ({ status, activeMs }) =>
        status !== 'terminated' && status !== 'busy' && this.elapsedMs - activeMs > maxAgeMs,
    );
    for (const { id } of idle) this.end(id);
    return idle.length;
  }

  metrics() {
    const { sessions } = this;
    const count = (status: string) => sessions.filter((one) => one.status === status).length;
    const ended = count('terminated');
    const durationMs = sessions.reduce((sum, one) => sum + one.durationMs, 0);
    return {
      totalSessions: sessions.length,
      activeSessions: count('ready') + count('busy'),
      busySessions: count('busy'),
      initializingSessions: count('initializing'),
      errorSessions: count('error'),
      endedSessions: ended,
      averageSessionDuration: ended === 0 ? 0 : durationMs / ended,
      errorRate: sessions.length === 0 ? 0 : count('error') / sessions.length,
    };
  }
}
