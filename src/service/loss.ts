/** Why a turn was lost, and what its failure or the notice of its requeued prompt says. */

import { type Failure, SessionError } from '../errors.ts';

export type Loss =
  /** Its server is gone: it crashed or was killed, or the machine was restarted. */
  | { readonly kind: 'gone' }
  /** Its server may be alive, but cannot be checked: it is in another container, or was before a reboot. */
  | { readonly kind: 'out-of-sight' }
  /** Its server is alive, but has not renewed its lease in time. */
  | { readonly kind: 'silent' }
  /** Its server is alive, but has not carried out an order in time. */
  | { readonly kind: 'unheeded' }
  /** Its server could not renew its lease, and stopped the turn itself. */
  | { readonly kind: 'unrenewed' }
  /** The store failed, so part of the log or an answer is missing. */
  | { readonly kind: 'storage'; readonly message: string }
  /** Its server stopped running it for another reason, which the server log contains. */
  | { readonly kind: 'dropped' }
  /** The store works, but rejected the output. */
  | { readonly kind: 'unkept' };

const LOOK_FIRST = 'a lost turn is not repeated: check what was done, then send a prompt.';

/** The failure of a turn whose prompt Claude may have seen. */
export function lossOf(turnId: string, loss: Loss): Failure {
  return {
    code: loss.kind === 'unkept' ? 'INTERNAL' : 'UNAVAILABLE',
    message: `turn ${turnId} is lost: ${reasonOf(loss)}`,
    retryable: false,
    hint: hintOf(loss),
  };
}

/** The notice of a prompt that Claude has not seen. */
export function requeueText(loss: Loss): string {
  return `${reasonOf(loss)}; the prompt had not reached Claude and was requeued`;
}

/** The loss for an error of the store. */
export function lossFrom(error: unknown): Loss {
  if (!(error instanceof SessionError)) return { kind: 'unkept' };
  return { kind: 'storage', message: error.message };
}

function reasonOf(loss: Loss): string {
  switch (loss.kind) {
    case 'gone':
      return 'its server is gone';
    case 'out-of-sight':
      return 'its server, in another container or before a reboot, has not renewed its lease in time';
    case 'silent':
      return 'its server was unresponsive for longer than its lease, and another one took the session over';
    case 'unheeded':
      return 'its server did not carry out an order in time, and another one took the session over';
    case 'unrenewed':
      return 'its server could not renew its lease in time and stopped the turn';
    case 'storage':
      return `its server could not write its log: ${loss.message}`;
    case 'dropped':
      return 'its server stopped running it';
    case 'unkept':
      return 'what Claude said could not be stored';
  }
}

function hintOf(loss: Loss): string {
  switch (loss.kind) {
    case 'storage':
      return `check the disk of the state directory; part of what was done may be missing from the log, and ${LOOK_FIRST}`;
    case 'dropped':
      return `the server log says why; ${LOOK_FIRST}`;
    case 'unkept':
      return `this is a bug, and the server log has the details; ${LOOK_FIRST}`;
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
