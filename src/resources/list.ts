/** A page of a caller's resources: the fixed ones, then those of each session, newest activity first. */

import { RESOURCE_SESSIONS_PAGE } from '../limits.ts';
import type { Session } from '../session/session.ts';
import { visible } from '../text.ts';
import { cursorText, parseCursor } from '../views/cursor.ts';
import { isoTime } from '../views/session.ts';
import { METRICS, OF_SESSION } from './index.ts';
import type { FixedResource, ResourceCall } from './resource.ts';
import { FACETS, type Facet, sessionUri } from './uris.ts';

/** What resources/list says about one resource. */
export type Listed = Omit<FixedResource, 'read' | 'annotations'> & {
  readonly annotations: FixedResource['annotations'] & { readonly lastModified?: string };
};

/** @throws SessionError INVALID_REQUEST if the cursor is not one of ours */
export async function listResources({ caller, service }: ResourceCall, cursor?: string) {
  const { sessions, next } = await service.sessions.page({
    principal: caller.principal,
    limit: RESOURCE_SESSIONS_PAGE,
    cursor: cursor === undefined ? undefined : parseCursor(cursor),
  });
  return {
    resources: [
      ...(cursor === undefined ? [listedFixed(METRICS)] : []),
      ...sessions.flatMap(listedSession),
    ],
    nextCursor: next && cursorText(next),
  };
}

function listedFixed({ read: _read, ...shown }: FixedResource): Listed {
  return shown;
}

function listedSession(session: Session): readonly Listed[] {
  const facets = Object.keys(FACETS) as Facet[];
  return facets
    .filter((facet) => OF_SESSION[facet].listed)
    .map((facet) => listedFacet(session, facet));
}

function listedFacet(session: Session, facet: Facet): Listed {
  const resource = OF_SESSION[facet];
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
