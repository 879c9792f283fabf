/** What tools return that start a session. */

import { z } from 'zod';
import type { Turn } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import { sessionView, showSession } from '../views/session.ts';
import { showTurn, turnView } from '../views/turn.ts';
import type { Call, Subject } from './tool.ts';

export const made = z.object({ session: sessionView, turn: turnView.optional() });

export function aboutMade({ session, turn }: z.infer<typeof made>): Subject {
  return { sessionId: session.id, turnId: turn?.id };
}

type Made = { readonly session: Session; readonly turn?: Turn };

export function showMade({ session, turn }: Made, { service }: Call): z.infer<typeof made> {
  return { session: showSession(session, service.now()), turn: turn && showTurn(turn) };
}
