/** Constructs the use cases that a server and the command `end` share. */

import type { Logger } from '../log.ts';
import type { Owners } from '../runner/owners.ts';
import type { Runner } from '../runner/runner.ts';
import type { ProcessIdentity } from '../session/process.ts';
import type { Store } from '../store/store.ts';
import { Gate } from './access.ts';
import type { AttachmentPlaces } from './attachment-source.ts';
import { Attachments } from './attachments.ts';
import { type Clock, JumpWatch } from './clock.ts';
import { LocalSessions } from './local-sessions.ts';
import type { Policy } from './policy.ts';
import { Presence } from './presence.ts';
import { Quota } from './quota.ts';
import { Recovery } from './recovery.ts';
import { RunControl } from './run-control.ts';
import { SchemaChecks } from './schema-checks.ts';
import { Sessions } from './sessions.ts';
import { UnfinishedTexts } from './unfinished.ts';
import { Waiters } from './waiters.ts';

/** The parts from which the use cases are built. Each one picks those that it needs. */
export type Parts = {
  readonly store: Store;
  readonly owners: Owners;
  readonly clock: Clock;
  readonly log: Logger;
  /** A UUID v4. */
  newId(): string;
  /** Kills a process and everything it started, if it is still the same one; false if some of it may be alive. */
  killTree(process: ProcessIdentity): Promise<boolean>;
  readonly runner: Pick<Runner, 'trusts' | 'sandboxProblem'>;
  readonly local: LocalSessions;
  readonly jumps: Pick<JumpWatch, 'trustsLapse'>;
  readonly waiters: Waiters;
  readonly presence: Presence;
  readonly gate: Gate;
  readonly recovery: Recovery;
  readonly control: RunControl;
  readonly quota: Quota;
  readonly sessions: Sessions;
  readonly unfinished: UnfinishedTexts;
  readonly attachments: Attachments;
  readonly schemas: SchemaChecks;
};

type CoreDeps = Pick<
  Parts,
  'store' | 'owners' | 'clock' | 'log' | 'newId' | 'killTree' | 'runner'
> & {
  readonly leaseMs: number;
  readonly settings: Policy & {
    readonly stateDir: string;
    readonly tokenFile?: string | undefined;
    readonly sessionMcpConfig?: string | undefined;
    readonly defaultDirectory?: string | undefined;
    readonly maxSessions: number;
    readonly maxSessionsPerPrincipal: number;
  };
};

export function createCore(deps: CoreDeps): Parts {
  const { store, owners, clock, log, leaseMs, settings } = deps;
  const local = new LocalSessions();
  const jumps = new JumpWatch(clock, leaseMs);
  const waiters = new Waiters(store);
  const presence = new Presence(store, owners);
  const gate = new Gate(store, presence);
  const unfinished = new UnfinishedTexts(settings.stateDir, log);
  const recovery = new Recovery({ ...deps, local, jumps, unfinished });
  const control = new RunControl({ ...deps, local, recovery, waiters });
  const quota = new Quota({ store, ...settings });
  const base = { ...deps, local, jumps, waiters, presence, gate, recovery };
  const attachments = new Attachments({ ...settings, clock, places: placesOf(settings) });
  const schemas = new SchemaChecks(clock);
  const parts = { ...base, control, quota, unfinished, attachments, schemas };
  return { ...parts, sessions: new Sessions({ ...parts, ...settings }) };
}

/** What the server keeps is not for callers to attach: other principals' files are among it. */
function placesOf(settings: CoreDeps['settings']): AttachmentPlaces {
  const { roots, stateDir, tokenFile, sessionMcpConfig } = settings;
  const secret = [stateDir, tokenFile, sessionMcpConfig].filter((path) => path !== undefined);
  return { roots, secret };
}
