/** Serves the echo server on standard input and output, and tells on standard error what it was told. */

import { pino } from 'pino';
import type { Caller } from '../../../src/service/caller.ts';
import { serveStdio } from '../../../src/transport/stdio/stdio.ts';
import { EchoConnections } from '../echo.ts';

class ToldConnections extends EchoConnections {
  override opened(caller: Caller): void {
    super.opened(caller);
    process.stderr.write(`opened ${caller.mcpSessionId}\n`);
  }

  override closed(caller: Caller): void {
    super.closed(caller);
    process.stderr.write(`closed ${caller.mcpSessionId}\n`);
  }
}

const service = serveStdio({
  connections: new ToldConnections(),
  caller: { principal: 'local', mcpSessionId: 'stdio_1' },
  stdin: process.stdin,
  stdout: process.stdout,
  log: pino({ level: 'silent' }),
});
await service.closed;
process.stderr.write('done\n');
