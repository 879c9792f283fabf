/** A runner that starts nothing: a test drives each run by hand and sees what it was asked to do. */

import { randomUUID } from 'node:crypto';
import { type Failure, SessionError } from '../../src/errors.ts';
import type {
  PermissionAsk,
  PermissionReply,
  PromptFile,
  Run,
  RunListener,
  Runner,
  RunSpec,
} from '../../src/runner/runner.ts';
import type { TurnOutcome } from '../../src/session/decide.ts';
import type { OutputBody } from '../../src/session/event.ts';
import type { ChangeableOptions, PermissionMode } from '../../src/session/options.ts';
import type { ProcessIdentity } from '../../src/session/process.ts';
import { Changes } from './changes.ts';

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

export class ScriptedRunner implements Runner {
  /** Every run that was started, oldest first; those that ended too. */
  readonly runs: ScriptedRun[] = [];
  /** Every attempt to start, failed ones included. */
  readonly specs: RunSpec[] = [];
  readonly renamed: { readonly uuid: string; readonly name: string }[] = [];
  /** The UUIDs of which files are kept; a test adds what an earlier server has left. */
  readonly files = new Set<string>();
  /** The directories that a person has trusted in Claude Code; set to an error to play that nobody can look. */
  trusted: readonly string[] | Error = [];
  /** Why there is no sandbox; a test sets it. */
  noSandbox: Failure | undefined;
  readonly #failures: Error[] = [];
  readonly #changes = new Changes();
  #startGate: Promise<void> = Promise.resolve();

  async start(spec: RunSpec, listener: RunListener): Promise<Run> {
    this.specs.push(spec);
    await Promise.race([this.#startGate, spec.signal && aborted(spec.signal)].filter(Boolean));
    if (spec.signal?.aborted) throw new SessionError('UNAVAILABLE', 'scripted: start given up');
    const failure = this.#failures.shift();
    if (failure !== undefined) throw failure;
    this.files.add(spec.uuid);
    const run = new ScriptedRun(spec, listener, () => this.#changes.tell());
    this.runs.push(run);
    this.#changes.tell();
    return run;
  }

  async trusts(directory: string): Promise<boolean> {
    if (this.trusted instanceof Error) throw this.trusted;
    return this.trusted.includes(directory);
  }

  async sandboxProblem(): Promise<Failure | undefined> {
    return this.noSandbox;
  }

  async rename(uuid: string, name: string): Promise<boolean> {
    this.renamed.push({ uuid, name });
    return true;
  }

  async kept(): Promise<readonly string[]> {
    return [...this.files];
  }

  async discard(uuid: string): Promise<void> {
    this.files.delete(uuid);
  }

  /** The run started last for a session, by its id or UUID. Throws if no run was started. */
  run(sessionId: string): ScriptedRun {
    const run = this.runs.findLast(({ spec }) => sessionId.endsWith(spec.uuid));
    if (run === undefined) throw new Error(`no run was started for ${sessionId}`);
    return run;
  }

  /** The first run that matches, or the next one that does; runs are checked when they start and whenever they are called. */
  waitFor(predicate: (run: ScriptedRun) => boolean): Promise<ScriptedRun> {
    return this.#changes.find(() => this.runs.find(predicate));
  }

  /** Makes the next start reject; once a call. */
  failNextStart(
    error: Error = new SessionError('UNAVAILABLE', 'scripted: Claude Code cannot be run'),
  ): void {
    this.#failures.push(error);
  }

  /** Holds every start back until the returned function is called. */
  holdStarts(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#startGate = promise;
    return resolve;
  }
}

export type ScriptedPrompt = {
  readonly turnId: string;
  readonly text: string;
  readonly files?: readonly PromptFile[];
};

export class ScriptedRun implements Run {
  /** Set to false to play that somebody else has continued the conversation. */
  current = true;
  readonly spec: RunSpec;
  readonly listener: RunListener;
  readonly process: ProcessIdentity;
  readonly prompts: ScriptedPrompt[] = [];
  readonly steered: string[] = [];
  /** What it was told to go by after its start, one after the other. */
  readonly updates: ChangeableOptions[] = [];
  interrupts = 0;
  /** Programs that the session has left running; set to an error to play that they cannot be looked for. */
  left: readonly string[] | Error = [];
  /** The turn that runs, if one does. */
  turnId: string | undefined;
  isClosed = false;
  /** What a change of the options does to it. */
  onUpdate: () => Promise<void> = async () => {};
  /** What an interrupt does to the turn that runs: by itself it ends it at once. */
  onInterrupt: (run: ScriptedRun) => void = (run) => run.finish({ state: 'interrupted' });
  readonly #changed: () => void;
  #turnEnded = Promise.withResolvers<void>();

  constructor(spec: RunSpec, listener: RunListener, changed: () => void) {
    this.spec = spec;
    this.listener = listener;
    this.#changed = changed;
    // A pid that no process has: nothing that a test does to it can hit a real one.
    this.process = { pid: 2 ** 30, startTime: randomUUID(), bootId: 'test', marker: spec.marker };
  }

  async isCurrent(): Promise<boolean> {
    return this.current;
  }

  prompt(turnId: string, text: string, files: readonly PromptFile[] = []): void {
    if (this.turnId !== undefined) throw new Error(`prompted while turn ${this.turnId} runs`);
    if (this.isClosed) throw new SessionError('UNAVAILABLE', 'scripted: the process is gone');
    this.#open(turnId);
    this.prompts.push(files.length > 0 ? { turnId, text, files } : { turnId, text });
    this.#changed();
  }

  steer(text: string): void {
    this.steered.push(text);
    this.#changed();
  }

  async update(changes: ChangeableOptions): Promise<void> {
    this.updates.push(changes);
    this.#changed();
    await this.onUpdate();
  }

  async interrupt(): Promise<void> {
    if (this.turnId === undefined) return;
    this.interrupts += 1;
    const ended = this.#turnEnded.promise;
    this.#changed();
    this.onInterrupt(this);
    await ended;
  }

  async leftRunning(): Promise<readonly string[]> {
    if (this.left instanceof Error) throw this.left;
    return this.left;
  }

  async close(): Promise<void> {
    this.exit({ state: 'interrupted' });
  }

  /** Claude says something. */
  say(text: string): void {
    this.output({ type: 'text', text });
  }

  /** Claude writes a text that is not whole yet; without one, anything else. */
  write(soFar = ''): void {
    this.listener.writing(() => soFar);
  }

  output(body: OutputBody): void {
    const { turnId } = this;
    this.listener.output(turnId === undefined ? body : { ...body, turnId });
  }

  /** Ends the running turn, by default as completed. */
  finish(outcome: Partial<TurnOutcome> = {}): void {
    const { turnId } = this;
    if (turnId === undefined) throw new Error('no turn runs');
    this.turnId = undefined;
    this.listener.turnEnded(turnId, { state: 'completed', ...outcome });
    this.#turnEnded.resolve();
    this.#changed();
  }

  /** Claude wakes up by itself; returns the id of the turn. */
  wake(turnId: string = randomUUID()): string {
    this.#open(turnId);
    this.listener.autonomousTurnStarted(turnId);
    return turnId;
  }

  /** A background task begins or ends; `count` are running now. */
  tasks(count: number): void {
    const task = (at: number) => ({ id: `task-${at}`, kind: 'command', description: 'x' }) as const;
    this.listener.backgroundTasks(Array.from({ length: count }, (_, at) => task(at)));
  }

  /** Claude Code goes into another permission mode. */
  mode(mode: PermissionMode): void {
    this.listener.modeReached(mode);
  }

  /** Claude asks for permission; the signal is that of a question which does not become void by itself. */
  ask(
    ask: Partial<PermissionAsk> = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<PermissionReply> {
    const toolUseId = `toolu_${randomUUID()}`;
    return this.listener.permission({ toolUseId, toolName: 'Bash', input: {}, ...ask }, signal);
  }

  /** The process ends, and with it the running turn, by default as failed. Later calls do nothing. */
  exit(outcome: TurnOutcome = { state: 'failed', error: STOPPED }): void {
    if (this.isClosed) return;
    this.isClosed = true;
    if (this.turnId !== undefined) this.finish(outcome);
    this.listener.exited();
    this.#changed();
  }

  #open(turnId: string): void {
    this.turnId = turnId;
    this.#turnEnded = Promise.withResolvers<void>();
  }
}

const STOPPED = new SessionError('UNAVAILABLE', 'scripted: Claude Code stopped').toFailure();
