/**
 * What a desktop program does with a server that is written for Node: it imports the entry into a helper process of its
 * own, whose executable is no Node, whose streams are no files, and in which some of what a program may do to its process
 * fails or ends it.
 *
 * node desktop-host.mjs ENTRY [argument …]
 */

import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { PassThrough, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import v8 from 'node:v8';

const { stdin, stdout } = process;
const [, , entry, ...args] = process.argv;
const HELPER = '/Applications/Desktop.app/Contents/Frameworks/Desktop Helper (Plugin)';

const define = (name, value) => Object.defineProperty(process, name, { value, writable: true });

define('versions', { ...process.versions, electron: '38.1.2', chrome: '140.0.0.0' });
define('type', 'utility');
define('execPath', HELPER);
define('argv', [HELPER, '/Applications/Desktop.app/nodeHost.js', entry, ...args]);
define('parentPort', new EventEmitter());
define('stdin', stdin.pipe(new PassThrough()));
define(
  'stdout',
  plain((bytes, done) => stdout.write(bytes, done)),
);
// Nobody sees it.
define(
  'stderr',
  plain((_bytes, done) => done()),
);
define('chdir', () => {
  throw new Error('process.chdir() is not supported here');
});
v8.setFlagsFromString = () => process.abort();
syncBuiltinESMExports();

function plain(write) {
  return new Writable({ write: (bytes, _encoding, done) => void write(bytes, () => done()) });
}

// A program that could not be imported before its server has ended would never be listened to.
await import(pathToFileURL(entry).href);
process.parentPort.emit('message', { data: 'imported' });
