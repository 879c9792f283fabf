// @ts-check
/**
 * The floor over stdio: a server on the same SDK whose only tool does nothing. Plain JavaScript, so that its start
 * costs nothing but Node and the SDK. With `--answer FILE` the tool answers with what stands there, made beforehand;
 * with `--sync FILE` it first writes 4 KiB and has the disk confirm them, which no durable write can do without.
 */

import { fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Server } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

const PAGE = Buffer.alloc(4096);

const { values } = parseArgs({ options: { answer: { type: 'string' }, sync: { type: 'string' } } });
const fd = values.sync === undefined ? undefined : openSync(values.sync, 'a');
const answer = values.answer === undefined ? { content: [] } : readyMade(values.answer);

/** @param {string} file */
function readyMade(file) {
  const text = readFileSync(file, 'utf8');
  return {
    content: [{ type: /** @type {const} */ ('text'), text }],
    structuredContent: JSON.parse(text),
  };
}

function createServer() {
  const server = new Server({ name: 'floor', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({ tools: [NOTHING] }));
  server.setRequestHandler('tools/call', async () => {
    if (fd !== undefined) {
      writeSync(fd, PAGE);
      fdatasyncSync(fd);
    }
    return answer;
  });
  return server;
}

/** @type {{ name: string, inputSchema: { type: 'object' } }} */
const NOTHING = { name: 'nothing', inputSchema: { type: 'object' } };

serveStdio(createServer);
