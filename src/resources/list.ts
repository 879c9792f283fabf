/** A page of the resources that a caller has: the fixed ones, then each session's, newest activity first. */

import { RESOURCE_SESSIONS_PAGE } from '../limits.ts';
import type { Session } from '../session/session.ts';
import { visible } from '../text.ts';
import { cursorText, parseCursor } from '../views/cursor.ts';
import { isoTime } from '../views/session.ts';
import { METRICS, OF_SESSION } from './index.ts';
import type { FixedResource, Read, SessionResource } from './resource.ts';
import { FACETS, type Facet, sessionUri } from './uris.ts';

/** What a client reads about one resource. */
export type Listed = Omit<FixedResource, 'read' | 'annotations'> & {
  readonly annotations: FixedResource['annotations'] & { readonly lastModified?: string };
};

type Page = { readonly resources: Listed[]; readonly nextCursor?: string };

/** @throws SessionError INVALID_REQUEST for a cursor that is none of ours */
export async function listResources({ caller, service }: Read, cursor?: string): Promise<Page> {
  const { sessions, next } = await service.sessions.page({
    principal: caller.principal,
    limit: RESOURCE_SESSIONS_PAGE,
    ...(cursor !== undefined && { cursor: parseCursor(cursor) }),
  });
  return {
    resources: [...(cursor === undefined ? [fixed(METRICS)] : []), ...sessions.flatMap(ofSession)],
    ...(next && { nextCursor: cursorText(next) }),
  };
}

function fixed({ read: _read, ...shown }: FixedResource): Listed {
  return shown;
}

function ofSession(session: Session): readonly Listed[] {
  const listed: Listed[] = [];
  for (const facet of Object.keys(FACETS) as Facet[]) {
    const resource = OF_SESSION[facet];
    if (resource.listed) listed.push(entryOf(session, facet, resource));
  }
  return listed;
}

function entryOf(session: Session, facet: Facet, resource: SessionResource): Listed {
  const { id, name, status, options, lastActivity } = session;
  return {
    uri: sessionUri(id, facet),
    name: id + FACETS[facet],
    title: `${resource.title}: ${visible(name ?? id)}`,
    description: `${status}, in ${visible(options.workingDirectory)}`,
    mimeType: resource.mimeType,
    icons: resource.icons,
    annotations: { ...resource.annotations, lastModified: isoTime(lastActivity) },
  };
}
