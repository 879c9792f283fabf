/** The sessions and requests that a half-typed word may mean. */

import type { Command } from '../commands.ts';
import { COMPLETIONS_MAX, PENDING_PERMISSIONS_MAX } from '../limits.ts';
import { SESSION_ID_PREFIX, type Session } from '../session/session.ts';
import type { Inspection } from '../store/inspection.ts';
import { cutChars, HIDDEN, oneLine } from '../text.ts';
import { tildePath } from '../views/figures.ts';
import { bodyText, tellRequest } from '../views/telling.ts';
import { isQuestion, shortRequestId } from './answer-commands.ts';
import { NOT_LOOKED } from './holders.ts';
import { shortIds } from './sessions.ts';
import { statusOf } from './status.ts';

export type Candidate = { readonly word: string; readonly about?: string };

const ABOUT_CHARS_MAX = 60;

type Typed = { readonly command: Command | undefined; readonly last: { readonly text: string } };

/** By the beginnings of their ids, or whole ids if that is what is typed; and by their names. */
export async function sessionsToName(
  stateDir: string,
  { command, last }: Typed,
): Promise<readonly Candidate[]> {
  return inspect(stateDir, async (inspection) => {
    const openOnly = command !== 'show' && command !== 'tail';
    const sessions = await inspection.sessions({ limit: COMPLETIONS_MAX, openOnly });
    return sessionCandidates(sessions, last.text.startsWith(SESSION_ID_PREFIX));
  });
}

/** What sessions ask, as far as this command answers it, and the sessions that ask. */
export async function requestsToName(
  stateDir: string,
  command: Command,
): Promise<readonly Candidate[]> {
  return inspect(stateDir, async (inspection) => {
    const busy = await inspection.sessions({ limit: COMPLETIONS_MAX, status: 'busy' });
    const found: Candidate[] = [];
    for (const session of busy.filter(({ pendingPermissions }) => pendingPermissions > 0)) {
      const asked = await inspection.permissionRequests(session, PENDING_PERMISSIONS_MAX);
      const fitting = asked.filter((request) => isAnsweredBy(command, isQuestion(request)));
      found.push(
        ...fitting.map((request) => {
          const told = tellRequest(request, session.options.workingDirectory);
          return { word: shortRequestId(request.requestId), about: about(bodyText(told)) };
        }),
        // A session means its request only if it asks nothing else.
        ...(fitting.length === 1 && asked.length === 1 ? sessionCandidates([session], false) : []),
      );
    }
    return found;
  });
}

function isAnsweredBy(command: Command, isQuestion: boolean): boolean {
  return command === 'deny' || (command === 'answer') === isQuestion;
}

function sessionCandidates(sessions: readonly Session[], areWhole: boolean): readonly Candidate[] {
  const short = shortIds(sessions);
  const now = Date.now();
  return sessions.flatMap((session) => {
    const { id, name, options } = session;
    const status = statusOf(session, NOT_LOOKED, now).text;
    const byId = {
      word: areWhole ? id : (short.get(id) ?? id),
      about: about(`${status}, ${name ?? tildePath(options.workingDirectory)}`),
    };
    const isNameable = name !== undefined && isPlain(name) && hasOne(sessions, name);
    return isNameable ? [byId, { word: name, about: about(status) }] : [byId];
  });
}

function hasOne(sessions: readonly Session[], name: string): boolean {
  return sessions.filter((session) => session.name === name).length === 1;
}

/** Whether a name can be typed, and is no flag. */
function isPlain(name: string): boolean {
  return !name.startsWith('-') && oneLine(name) === name && name.match(HIDDEN) === null;
}

function about(text: string): string {
  return cutChars(oneLine(text), ABOUT_CHARS_MAX);
}

async function inspect(
  stateDir: string,
  look: (inspection: Inspection) => Promise<readonly Candidate[]>,
): Promise<readonly Candidate[]> {
  const { openInspection } = await import('../store/sqlite/inspection.ts');
  const inspection = await openInspection(stateDir);
  try {
    return inspection === undefined ? [] : await look(inspection);
  } finally {
    inspection?.close();
  }
}
