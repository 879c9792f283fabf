/** Where a long run takes place, and the logs of the servers that it starts there. */

import { readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isolatedEnvironment } from '../support/claude-env.ts';
import { Workplace } from '../support/client/place.ts';
import { startMessagesApi } from '../support/messages-api.ts';

const ERROR_LEVEL = 50;

type LogLine = { readonly level: number; readonly msg: string };

export class RigPlace extends Workplace {
  static async open(): Promise<RigPlace> {
    const api = await startMessagesApi({ requestsKept: 10 });
    const isolated = await isolatedEnvironment(api.url);
    const logs = join(isolated.directory, 'log');
    await mkdir(logs);
    const settings = {
      CLAUDE_SESSIONS_LOG_FILE: join(logs, 'server'),
      // Lets a fault of the API end a turn soon.
      CLAUDE_CODE_MAX_RETRIES: '1',
    };
    return new RigPlace({ ...isolated, env: { ...isolated.env, ...settings } }, api);
  }

  /** For a server that is one of many. */
  logFile(server: string): string {
    return join(this.scratch, 'log', server);
  }

  /** Everything that all servers have logged so far. */
  logged(): readonly LogLine[] {
    return readdirSync(this.logFile(''))
      .flatMap((name) => readFileSync(this.logFile(name), 'utf8').split('\n'))
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line));
  }

  /** The messages that servers have logged as errors: defects of their own. */
  defects(): readonly string[] {
    return this.logged()
      .filter(({ level }) => level >= ERROR_LEVEL)
      .map(({ msg }) => msg);
  }
}
