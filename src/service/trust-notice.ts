/** What the log of a session says about what was loaded of its directory's configuration, and what was not. */

import { quoteId } from '../errors.ts';
import { checkoutOf } from '../runner/checkout.ts';
import { type Configuration, configurationIn } from '../runner/configuration.ts';
import type { OutputBody } from '../session/event.ts';
import type { SessionOptions, TrustLevel } from '../session/options.ts';
import type { Session } from '../session/session.ts';
import { isAbove, settingsOf } from '../session/trust.ts';
import type { Allowed } from './trust.ts';

/**
 * Returns the notice with which a process is to begin: when its level differs from that of the process before, and the
 * first time that something is not loaded. Undefined if there is nothing new to say.
 *
 * @param options with which the process is started
 */
export async function trustNotice(
  session: Session,
  { settings: level = 'none', workingDirectory }: SessionOptions,
  allowed: Allowed,
): Promise<OutputBody | undefined> {
  // An earlier version made it: it has always had nothing.
  if (session.options.settings === undefined) return undefined;
  const before = settingsOf(session);
  const directory = quoteId(workingDirectory);
  if (level !== before) return noticeOf(level, changeText(level, before, directory, allowed));
  if (session.settings !== undefined || isAbove(level, 'memory')) return undefined;
  const { root } = await checkoutOf(workingDirectory);
  const found = await configurationIn(workingDirectory, root);
  const text = unloadedText(level, found, directory);
  return text === undefined
    ? undefined
    : noticeOf(level, `${text}, because ${reasonText(level, allowed)}`);
}

/** Undefined if nothing is there but what was read. */
function unloadedText(
  level: TrustLevel,
  { hasText, hasRest }: Configuration,
  directory: string,
): string | undefined {
  const rest = `ettings, hooks, skills and MCP servers of ${directory}`;
  if (level === 'none') {
    return hasText || hasRest ? `CLAUDE.md, s${rest} were not loaded` : undefined;
  }
  if (!hasRest) return undefined;
  return hasText ? `CLAUDE.md was read. S${rest} were not` : `S${rest} were not loaded`;
}

function noticeOf(settings: TrustLevel, text: string): OutputBody {
  return { type: 'notice', text, settings };
}

function changeText(
  level: TrustLevel,
  before: TrustLevel,
  directory: string,
  { hint }: Allowed,
): string {
  return isAbove(level, before)
    ? `The session has settings "${level}" again, because ${directory} is trusted again.`
    : `The session has settings "${level}" from now on, not "${before}", because ${directory} is trusted less than before: ${hint}`;
}

function reasonText(level: TrustLevel, { level: most, hint }: Allowed): string {
  return level === most
    ? `it is not trusted: ${hint}`
    : `the session was created with settings "${level}". A new session can have "${most}".`;
}
