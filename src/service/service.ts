/** The use cases, as tools, resources and prompts see them. */

import type { Changes } from './changes.ts';
import type { Permissions } from './permissions.ts';
import type { Reader } from './reader.ts';
import type { Sessions } from './sessions.ts';
import type { Turns } from './turns.ts';

export type Service = {
  readonly sessions: Sessions;
  readonly turns: Turns;
  readonly permissions: Permissions;
  readonly reader: Reader;
  readonly changes: Changes;
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds since this server started. */
  uptimeMs(): number;
};
