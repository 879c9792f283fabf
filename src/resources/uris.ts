/** The URIs of resources: `claude-session://{id}` with its sub-paths, and `claude-sessions://metrics`. */

export const METRICS_URI = 'claude-sessions://metrics';

/** What can be read of one session, with the end of its URI. */
export const FACETS = { record: '', transcript: '/transcript', events: '/events' } as const;

export type Facet = keyof typeof FACETS;

export type SessionAddress = {
  /** The id of a session, or its name. */
  readonly sessionId: string;
  readonly facet: Facet;
  /** The seq after which to read. */
  readonly after: number;
};

const PATTERN = /^claude-session:\/\/([^/?#]+)(\/transcript|\/events)?(?:\?after=(\d{1,15}))?$/;

/** Undefined if the URI is not one of a session. */
export function parseSessionUri(uri: string): SessionAddress | undefined {
  const [, encoded = '', suffix = '', after] = PATTERN.exec(uri) ?? [];
  const sessionId = decoded(encoded);
  if (sessionId === undefined || (suffix === '' && after !== undefined)) return undefined;
  const facet = suffix === '' ? 'record' : suffix === FACETS.events ? 'events' : 'transcript';
  return { sessionId, facet, after: Number(after ?? 0) };
}

/** A name may need percent signs; undefined if there is none, or if they stand for nothing. */
function decoded(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded).toWellFormed() || undefined;
  } catch {
    return undefined;
  }
}

export function sessionUri(sessionId: string, facet: Facet): string {
  return `claude-session://${sessionId}${FACETS[facet]}`;
}

/** The URIs of everything that can be read of a session. */
export function urisOf(sessionId: string): readonly string[] {
  return (Object.keys(FACETS) as Facet[]).map((facet) => sessionUri(sessionId, facet));
}
