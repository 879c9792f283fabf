/**
 * `npm run load`: what many clients, and hostile ones, cost the built program over HTTP. Exit code 0 where each client
 * saw its own sessions and no others. Takes some minutes, and stops by itself.
 */

import { parseArgs } from 'node:util';
import { report } from '../chaos/report.ts';
import { runLoad } from './run.ts';

const { values } = parseArgs({
  options: {
    initializes: { type: 'string', default: '50000' },
    'half-open': { type: 'string', default: '2000' },
    sessions: { type: 'string', default: '200' },
    calls: { type: 'string', default: '20' },
    'mcp-sessions': { type: 'string', default: '500' },
    each: { type: 'string', default: '100' },
    'deaf-requests': { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
  },
});
const verdict = await runLoad({
  initializes: Number(values.initializes),
  halfOpen: Number(values['half-open']),
  sessions: Number(values.sessions),
  calls: Number(values.calls),
  mcpSessions: Number(values['mcp-sessions']),
  each: Number(values.each),
  deafRequests: Number(values['deaf-requests']),
  say: (line) => process.stderr.write(`load: ${line}\n`),
});
process.exit(report(verdict, values.json));
