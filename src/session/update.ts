/** What a caller changes of a session after its creation, and the options as they are now. */

import { isDeepStrictEqual } from 'node:util';
import { quoteId, SessionError } from '../errors.ts';
import type { EventBody } from './event.ts';
import { chooseMode, modeOf, timesChosen } from './mode.ts';
import type { ChangeableOptions, SessionChanges, SessionOptions } from './options.ts';
import type { Session } from './session.ts';

/** What a caller asks for. What is absent stays as it is. */
export type Update = Omit<SessionChanges, 'chosenMode'>;

/** All but the permission mode, which Claude Code changes too. */
const OPTIONS = [
  'model',
  'effort',
  'allowedTools',
  'disallowedTools',
  'maxBudgetUsd',
  'timeout',
  'onDisconnect',
] as const satisfies readonly (keyof ChangeableOptions)[];

/** The options that count now, in the mode reached. */
export function optionsNow(session: Session): SessionOptions {
  const names = [...OPTIONS, 'permissionMode'] as const;
  return { ...session.options, ...picked(session, names, (name) => session[name] !== undefined) };
}

/**
 * Events of an update; none if it changes nothing.
 *
 * @throws SessionError INVALID_REQUEST for a model that would fall back to itself: Claude Code would not start
 */
export function update(session: Session, asked: Update): readonly EventBody[] {
  const { permissionMode: mode, model } = asked;
  if (model !== undefined && model === session.options.fallbackModel) {
    throw new SessionError(
      'INVALID_REQUEST',
      `model ${quoteId(model)} is the fallbackModel of session ${session.id}`,
      { hint: 'name another model; the fallbackModel of a session stays.' },
    );
  }
  const now = { ...optionsNow(session), name: session.name, labels: session.labels };
  const isNew = (name: keyof typeof now & keyof Update) =>
    asked[name] !== undefined && !isDeepStrictEqual(asked[name], now[name]);
  const changes: SessionChanges = {
    ...picked(asked, ['name', 'labels', ...OPTIONS], isNew),
    ...(mode !== undefined && mode !== modeOf(session) && chooseMode(session, mode)),
  };
  return Object.keys(changes).length === 0 ? [] : [{ type: 'session_updated', changes }];
}

/**
 * The options in which a process that was started or told with `before` differs from the session now. The mode is among
 * them only if the caller has chosen it since: to any other mode, the process went by itself.
 */
export function optionsToTell(before: Session, session: Session): ChangeableOptions {
  const [then, now] = [optionsNow(before), optionsNow(session)];
  const changes = picked(now, OPTIONS, (name) => !isDeepStrictEqual(then[name], now[name]));
  const isChosen = timesChosen(before) !== timesChosen(session);
  return isChosen ? { ...changes, permissionMode: modeOf(session) } : changes;
}

function picked<From extends object, Name extends keyof From>(
  from: From,
  names: readonly Name[],
  isWanted: (name: Name) => boolean,
): Partial<Pick<From, Name>> {
  const entries = names.filter(isWanted).map((name) => [name, from[name]]);
  return Object.fromEntries(entries) as Partial<Pick<From, Name>>;
}
