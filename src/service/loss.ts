/** Why a turn did not come to an end of its own, and what is told of it. */

import { type Failure, SessionError } from '../errors.ts';

export type Loss =
  /** The server that ran it is gone: it crashed, somebody killed it, or the machine was restarted. */
  | { readonly kind: 'gone' }
  /** Nobody can see whether that server lives: another container, or an earlier start of the machine. */
  | { readonly kind: 'out-of-sight' }
  /** That server lives, but has missed a whole lease. */
  | { readonly kind: 'silent' }
  /** That server lives, but has not done what another one asked of it. */
  | { readonly kind: 'unheeded' }
  /** The server could not renew its lease, and stopped the turn before another one could take it. */
  | { readonly kind: 'unrenewed' }
  /** The store failed, so the log or the answer to a question is missing. */
  | { readonly kind: 'storage'; readonly message: string }
  /** The server left it for another reason, which its log has. */
  | { readonly kind: 'dropped' }
  /** The store works, but could not keep what was said. */
  | { readonly kind: 'unkept' };

const LOOK_FIRST = 'nothing is run again by itself: look at what was done, then send a prompt.';

/** What is told of a turn that Claude may have seen. */
export function lossOf(turnId: string, loss: Loss): Failure {
  return {
    code: loss.kind === 'unkept' ? 'INTERNAL' : 'UNAVAILABLE',
    message: `turn ${turnId} is lost: ${reasonOf(loss)}`,
    retryable: false,
    hint: hintOf(loss),
  };
}

/** What is told of a prompt that Claude has not seen. */
export function requeueText(loss: Loss): string {
  return `${reasonOf(loss)}; the prompt had not reached Claude and waits again`;
}

/** Why what a session's own server does with the store went wrong. */
export function lossFrom(error: unknown): Loss {
  if (!(error instanceof SessionError)) return { kind: 'unkept' };
  return { kind: 'storage', message: error.message };
}

function reasonOf(loss: Loss): string {
  switch (loss.kind) {
    case 'gone':
      return 'its server is gone without having stopped it';
    case 'out-of-sight':
      return 'its server, in another container or before a restart of the machine, has not renewed its lease in time';
    case 'silent':
      return 'its server was unresponsive for longer than its lease, and another one took the session over';
    case 'unheeded':
      return 'its server did not do in time what was asked of it, and another one took the session over';
    case 'unrenewed':
      return 'its server could not renew its lease in time and stopped it';
    case 'storage':
      return `its server could not keep its log: ${loss.message}`;
    case 'dropped':
      return 'its server did not go on with it';
    case 'unkept':
      return 'what Claude said could not be stored';
  }
}

function hintOf(loss: Loss): string {
  switch (loss.kind) {
    case 'storage':
      return `see to the disk of the state directory; part of what was done may be missing from the log, and ${LOOK_FIRST}`;
    case 'dropped':
      return `the server log says why; ${LOOK_FIRST}`;
    case 'unkept':
      return `this is a defect, and the server log has it; ${LOOK_FIRST}`;
    case 'unrenewed':
      return `check the disk of the state directory and the load of the machine; ${LOOK_FIRST}`;
    case 'silent':
    case 'unheeded':
      return `look for a stopped or hung server on the same state directory; ${LOOK_FIRST}`;
    case 'gone':
    case 'out-of-sight':
      return LOOK_FIRST;
  }
}
