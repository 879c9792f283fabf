/** A session said as plainly as possible; the model is an array of these, searched from end to end. */
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
    const idle = this.sessions.filter(
      ({ status, activeMs }) =>
        status !== 'terminated' && status !== 'busy' && this.elapsedMs - activeMs > maxAgeMs,
    );
    for (const { id } of idle) this.end(id);
    return idle.length;
  }

  count(status: string): number {
    return this.sessions.filter((session) => session.status === status).length;
  }
}

/** Everything a caller can see. */
export function observeModel(model: Model) {
  const { sessions } = model;
  const shown = (session: Plain) =>
    session.status === 'terminated'
      ? undefined
      : [
          session.id,
          session.status,
          session.taskId,
          session.mcpSessionId,
          session.output,
          session.createdAt,
          session.lastActivity,
        ];
  const ended = sessions.filter(({ status }) => status === 'terminated');
  const errors = model.count('error');
  return {
    all: sessions.map(shown).filter((session) => session !== undefined),
    found: sessions.map(shown),
    metrics: {
      totalSessions: sessions.length,
      activeSessions: model.count('ready') + model.count('busy'),
      busySessions: model.count('busy'),
      initializingSessions: model.count('initializing'),
      errorSessions: errors,
      endedSessions: ended.length,
      averageSessionDuration:
        ended.length === 0
          ? 0
          : ended.reduce((sum, { durationMs }) => sum + durationMs, 0) / ended.length,
      errorRate: sessions.length === 0 ? 0 : errors / sessions.length,
    },
    aborts: sessions.map((session) => session.aborts),
  };
}
