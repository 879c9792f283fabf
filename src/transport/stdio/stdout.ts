/** Reserves standard output for MCP. */

import { Writable } from 'node:stream';
import type { Logger } from '../../log.ts';
import type { Redactor } from '../../redaction.ts';

const PRINTED_CHARS_MAX = 200;

/**
 * Redirects to the log whatever anything else prints on standard output, with `console.log` for example. Only the returned
 * stream writes to it; that stream fails when nobody reads standard output any more.
 */
export function claimStdout(stdout: NodeJS.WriteStream, log: Logger, redactor: Redactor): Writable {
  const write = stdout.write.bind(stdout) as (text: string, done: () => void) => boolean;
  stdout.write = (printed: unknown, ...rest: unknown[]): boolean => {
    // Before it is cut: the log would not recognize the beginning of a credential.
    const text = redactor.text(String(printed)).slice(0, PRINTED_CHARS_MAX);
    log.warn({ printed: text }, 'suppressed write to standard output');
    const done = rest.find((each) => typeof each === 'function');
    if (done !== undefined) process.nextTick(done);
    return true;
  };
  const claimed = new Writable({
    // Node encodes the text as it writes it. Until then its length counts in characters, not in bytes.
    decodeStrings: false,
    write: (text: string, _encoding, done) => void write(text, done),
    // The answers to several calls that arrived together.
    writev: (pieces, done) => void write(pieces.map(({ chunk }) => chunk).join(''), done),
  });
  stdout.on('error', (error) => claimed.destroy(error));
  return claimed;
}
