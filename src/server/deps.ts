/** What every part of an MCP server instance may use. */

import type { FormsShared } from '../forms/forms.ts';
import type { Logger } from '../log.ts';
import type { Service } from '../service/service.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Reword } from './wording.ts';

export type ServerDeps = {
  readonly service: Service;
  readonly log: Logger;
  readonly telemetry: Telemetry;
  readonly version: string;
  /** Undefined if settings are flags. */
  readonly reword: Reword | undefined;
  readonly forms: FormsShared;
  /** Aborts when the connection is about to end: calls that wait answer at once, as if their time were up. */
  readonly ending: AbortSignal;
};
