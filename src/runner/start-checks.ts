/** What can be seen to be wrong before a process is started. */

import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { quoteId, SessionError } from '../errors.ts';
import { saysNothingThere } from '../looks.ts';
import { reasonOf } from './failure.ts';
import { notFound } from './installation.ts';
import type { RunSpec } from './runner.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MARKER = /^[\w.-]{8,200}$/;

/**
 * These become part of a command line and an environment.
 *
 * @throws SessionError INVALID_REQUEST
 */
export function checkIds({ uuid, forkOf, marker }: RunSpec): void {
  for (const id of [uuid, forkOf]) {
    if (id !== undefined && !UUID.test(id))
      throw new SessionError('INVALID_REQUEST', `${quoteId(id)} is not a UUID`);
  }
  if (!MARKER.test(marker)) {
    throw new SessionError('INVALID_REQUEST', `${quoteId(marker)} is not a marker`);
  }
}

/**
 * The program that the operator has named for Claude Code.
 *
 * @throws SessionError UNAVAILABLE if it is missing or cannot be run
 */
export async function checkProgram(path: string): Promise<void> {
  const found = await access(path, constants.X_OK).then(() => stat(path), problemOf);
  if (typeof found !== 'string' && found.isFile()) return;
  const problem = typeof found === 'string' ? found : 'is not a file';
  throw notFound(`${quoteId(path)} ${problem}`);
}

function problemOf(error: unknown): string {
  return saysNothingThere(error) ? 'does not exist' : `cannot be used: ${reasonOf(error)}`;
}
