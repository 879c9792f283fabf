/** What a session's process is made of, and belongs to. */

import type { PermissionAsk, PermissionReply, Run, RunListener } from '../runner/runner.ts';
import type { Session } from '../session/session.ts';
import type { Parts } from './core.ts';
import type { Phase, PhaseEvent } from './phase.ts';
import type { SessionProcess } from './session-process.ts';
import type { StartDeps } from './start-run.ts';

export type ProcessDeps = Pick<Parts, 'store' | 'clock' | 'log' | 'unfinished' | 'attachments'> & {
  /** Starts Claude Code. */
  start(
    session: Session,
    listener: RunListener,
    how: Pick<StartDeps, 'fence' | 'outputSchema' | 'signal'>,
  ): Promise<Run>;
  ask(process: SessionProcess, ask: PermissionAsk, signal: AbortSignal): Promise<PermissionReply>;
};

/** The session's object, as its process sees it. */
export type Owner = {
  readonly phase: Phase;
  readonly process: SessionProcess | undefined;
  tell(event: PhaseEvent): void;
};
