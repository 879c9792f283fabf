/** A client process of its own: starts the server that is named by its arguments and passes everything on to it. */

import { spawn } from 'node:child_process';

const [, , file, ...args] = process.argv;
spawn(file, args, { stdio: 'inherit' });
