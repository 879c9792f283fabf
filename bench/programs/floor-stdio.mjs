// @ts-check
/**
 * The floor over stdio: a server on the same SDK whose only tool does nothing. Plain JavaScript, so that its start
 * costs nothing but Node and the SDK. `floor-stdio.mjs [FILE]`: with a file, each call first writes 4 KiB to it and
 * has the disk confirm them, which is what no durable write can do without.
 */

import { fdatasyncSync, openSync, writeSync } from 'node:fs';
import { Server } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

const PAGE = Buffer.alloc(4096);

/** @param {string | undefined} file */
function createServer(file) {
  const fd = file === undefined ? undefined : openSync(file, 'a');
  const server = new Server({ name: 'floor', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({ tools: [NOTHING] }));
  server.setRequestHandler('tools/call', async () => {
    if (fd !== undefined) {
      writeSync(fd, PAGE);
      fdatasyncSync(fd);
    }
    return { content: [] };
  });
  return server;
}

/** @type {{ name: string, inputSchema: { type: 'object' } }} */
const NOTHING = { name: 'nothing', inputSchema: { type: 'object' } };

serveStdio(() => createServer(process.argv[2]));
