/** The addresses of resources: `claude-session://{id}`, what is below it, and `claude-sessions://metrics`. */

export const METRICS_URI = 'claude-sessions://metrics';

/** What can be read of one session, by the end of its address. */
export const FACETS = { record: '', transcript: '/transcript', events: '/events' } as const;

export type Facet = keyof typeof FACETS;

export type SessionAddress = {
  readonly sessionId: string;
  readonly facet: Facet;
  /** The seq to read on from. */
  readonly after: number;
};

const PATTERN = /^claude-session:\/\/([^/?#]+)(\/transcript|\/events)?(?:\?after=(\d{1,15}))?$/;

/** Undefined for an address that names nothing of a session. */
export function parseSessionUri(uri: string): SessionAddress | undefined {
  const [, sessionId, suffix = '', after] = PATTERN.exec(uri) ?? [];
  if (sessionId === undefined || (suffix === '' && after !== undefined)) return undefined;
  const facet = suffix === '' ? 'record' : suffix === FACETS.events ? 'events' : 'transcript';
  return { sessionId, facet, after: Number(after ?? 0) };
}

export function sessionUri(sessionId: string, facet: Facet): string {
  return `claude-session://${sessionId}${FACETS[facet]}`;
}

/** The resources that change with a session. */
export function urisOf(sessionId: string): readonly string[] {
  return [
    sessionUri(sessionId, 'record'),
    sessionUri(sessionId, 'transcript'),
    sessionUri(sessionId, 'events'),
  ];
}
