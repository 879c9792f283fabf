/** The real Claude Code against the stand-in of the Messages API, and a listener that remembers. */

import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { Redactor } from '../../src/redaction.ts';
import { createClaudeRunner } from '../../src/runner/claude.ts';
import { guardDirectoryOf } from '../../src/runner/finder.ts';
import { guardingOnDemand } from '../../src/runner/guarding.ts';
import { type McpServers, secretsInServers } from '../../src/runner/mcp-servers.ts';
import { processesOf } from '../../src/runner/processes.ts';
import type { RunLimits } from '../../src/runner/run-parts.ts';
import type {
  PermissionAsk,
  PermissionReply,
  Run,
  RunListener,
  Runner,
  RunSpec,
} from '../../src/runner/runner.ts';
import { secretsIn } from '../../src/secrets.ts';
import type { BackgroundTask } from '../../src/session/background-task.ts';
import type { TurnOutcome } from '../../src/session/decide.ts';
import type { OutputBody } from '../../src/session/event.ts';
import type { PermissionMode, SessionOptions } from '../../src/session/options.ts';
import type { RememberRule } from '../../src/session/remembered.ts';
import { Changes } from '../support/changes.ts';
import { isolatedEnvironment } from '../support/claude-env.ts';
import { type MessagesApi, type Step, script, startMessagesApi } from '../support/messages-api.ts';
import { findByMarker } from './find-by-marker.ts';

const GUARDED = { processGuard: 'auto', isPortable: false } as const;

export class Recorder implements RunListener {
  readonly outputs: OutputBody[] = [];
  readonly asked: PermissionAsk[] = [];
  readonly started: string[] = [];
  readonly ended: { readonly turnId: string; readonly outcome: TurnOutcome }[] = [];
  /** How many background tasks there were, after each change. */
  readonly tasks: number[] = [];
  /** Those that there are now. */
  running: readonly BackgroundTask[] = [];
  /** The permission modes reached, one after the other. */
  readonly modes: PermissionMode[] = [];
  /** How far each unfinished text was, piece by piece. */
  readonly written: string[] = [];
  exits = 0;
  answer: (ask: PermissionAsk, signal: AbortSignal) => PermissionReply | Promise<PermissionReply> =
    () => ({ decision: 'allow' });
  readonly #changes = new Changes();

  output(body: OutputBody): void {
    this.outputs.push(body);
    this.#changes.tell();
  }

  writing(soFar: () => string): void {
    this.written.push(soFar());
    this.#changes.tell();
  }

  autonomousTurnStarted(turnId: string): void {
    this.started.push(turnId);
    this.#changes.tell();
  }

  modeReached(mode: PermissionMode): void {
    this.modes.push(mode);
    this.#changes.tell();
  }

  backgroundTasks(tasks: readonly BackgroundTask[]): void {
    this.tasks.push(tasks.length);
    this.running = tasks;
    this.#changes.tell();
  }

  turnEnded(turnId: string, outcome: TurnOutcome): void {
    this.ended.push({ turnId, outcome });
    this.#changes.tell();
  }

  async permission(ask: PermissionAsk, signal: AbortSignal): Promise<PermissionReply> {
    this.asked.push(ask);
    const reply = this.answer(ask, signal);
    this.#changes.tell();
    return await reply;
  }

  exited(): void {
    this.exits += 1;
    this.#changes.tell();
  }

  /** Keeps up with everything, unless a test says otherwise. */
  room: RunListener['room'] = () => undefined;

  /** Resolves once the condition holds; looked at after each call of the listener. */
  until(met: () => boolean): Promise<void> {
    return this.#changes.until(met);
  }

  outcomeOf(turnId: string): Promise<TurnOutcome> {
    return this.#changes.find(() => this.ended.find((each) => each.turnId === turnId)?.outcome);
  }

  /** The outputs of one kind. */
  all<T extends OutputBody['type']>(type: T): Extract<OutputBody, { type: T }>[] {
    return this.outputs.filter(
      (body): body is Extract<OutputBody, { type: T }> => body.type === type,
    );
  }
}

/** One session: its run now, and what its listener heard over all its runs. */
export type TestSession = {
  readonly uuid: string;
  readonly marker: string;
  readonly run: Run;
  readonly heard: Recorder;
  /** Prompts, with a script or a text, and waits for the end of the turn. */
  turn(steps: Step[] | string): Promise<TurnOutcome>;
  /** Prompts and does not wait; gives the id of the turn. */
  prompt(steps: Step[] | string): string;
  processes(): Promise<readonly number[]>;
};

type StartOptions = {
  readonly name?: string;
  readonly options?: Partial<SessionOptions>;
  readonly uuid?: string;
  readonly forkOf?: string;
  readonly past?: RunSpec['past'];
  readonly outputSchema?: RunSpec['outputSchema'];
  readonly remembered?: readonly RememberRule[];
  readonly untrustedAbove?: readonly string[];
};

type WorldOptions = {
  readonly environment?: Record<string, string | undefined>;
  readonly limits?: Partial<RunLimits>;
  readonly claudePath?: string;
  readonly secretFiles?: readonly string[];
  readonly mcpServers?: McpServers;
  readonly log?: Logger;
};

export class World {
  readonly api: MessagesApi;
  readonly directory: string;
  readonly cwd: string;
  /** The server's state directory, with nothing in it but the temporary files of the sessions. */
  readonly state: string;
  readonly scratch: string;
  readonly environment: Record<string, string>;
  readonly #remove: () => Promise<void>;
  readonly #sessions: TestSession[] = [];

  private constructor(api: MessagesApi, place: Awaited<ReturnType<typeof isolatedEnvironment>>) {
    this.api = api;
    this.directory = place.directory;
    this.cwd = join(place.directory, 'work');
    this.state = join(place.directory, 'state');
    this.scratch = join(this.state, 'tmp');
    this.environment = { ...place.env, CLAUDE_CODE_MAX_RETRIES: '1' };
    this.#remove = place.remove;
  }

  static async open(): Promise<World> {
    const api = await startMessagesApi();
    const world = new World(api, await isolatedEnvironment(api.url));
    await mkdir(world.cwd);
    return world;
  }

  runner(options: WorldOptions = {}): Runner {
    const {
      environment,
      limits,
      claudePath,
      secretFiles = [],
      mcpServers = new Map(),
      log,
    } = options;
    const processes = processesOf({ ...GUARDED, stateDir: this.directory });
    return createClaudeRunner({
      environment: { ...this.environment, ...environment },
      scratchDirectory: this.scratch,
      stateDirectory: this.state,
      processes,
      guarding: guardingOnDemand({ ...processes, log: log ?? pino({ level: 'silent' }) }),
      secretFiles,
      mcpServers,
      newId: randomUUID,
      redactor: new Redactor([
        ...secretsIn({ ...this.environment, ...environment }),
        ...secretsInServers(mcpServers),
      ]),
      log: log ?? pino({ level: 'silent' }),
      claudePath,
      limits: {
        startMs: 30_000,
        silenceMs: 60_000,
        quietMs: 60_000,
        outputMs: 60_000,
        interruptMs: 10_000,
        closeMs: 2500,
        ...limits,
      },
    });
  }

  async start(start: StartOptions = {}, runner: Runner = this.runner()): Promise<TestSession> {
    const { uuid = randomUUID(), options, ...more } = start;
    const marker = `test.${randomUUID()}`;
    const heard = new Recorder();
    const inDirectory = { workingDirectory: this.cwd, ...options };
    const spec = { ...more, uuid, marker, options: inDirectory };
    const run = await runner.start(spec, heard);
    const prompt = (steps: Step[] | string) => {
      const turnId = randomUUID();
      run.prompt(turnId, typeof steps === 'string' ? steps : script(steps));
      return turnId;
    };
    const session: TestSession = {
      uuid,
      marker,
      run,
      heard,
      prompt,
      turn: (steps) => heard.outcomeOf(prompt(steps)),
      processes: () => findByMarker(marker, guardDirectoryOf(this.directory)),
    };
    this.#sessions.push(session);
    return session;
  }

  async endSessions(): Promise<void> {
    await Promise.all(this.#sessions.splice(0).map(({ run }) => run.close()));
  }

  async close(): Promise<void> {
    await this.endSessions();
    await this.api.close();
    await this.#remove();
  }
}
