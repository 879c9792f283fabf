/**
 * The whole program but for its transports and Claude Code: a real store in a directory of the test's
 * own, a scripted runner, and real MCP clients that see what any client would see.
 */

import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type App, assemble } from '../../src/app.ts';
import { readSettings, type Settings } from '../../src/config.ts';
import { type Logger, loggerTo } from '../../src/log.ts';
import type { LeaseTimes } from '../../src/process-limits.ts';
import type { McpServers } from '../../src/runner/mcp-servers.ts';
import type { Caller } from '../../src/service/caller.ts';
import { type Clock, systemClock } from '../../src/service/clock.ts';
import type { TurnOutcome } from '../../src/session/decide.ts';
import type { ProcessIdentity } from '../../src/session/process.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { connectClient, type TestClient } from './mcp-client.ts';
import { type ScriptedRun, ScriptedRunner } from './scripted-runner.ts';

export type HarnessOptions = {
  readonly settings?: Partial<Settings>;
  /** Shorter than real ones, for a test that waits for them. */
  readonly leaseTimes?: LeaseTimes;
  /** The operator's MCP servers. */
  readonly mcpServers?: McpServers;
  /** Puts something between the service and the store: a failure, a delay. */
  readonly store?: (store: Store) => Store;
  /** Lines of level error fail the test, unless it means to cause some. */
  readonly mayLogErrors?: boolean;
};

export type Busy = {
  readonly sessionId: string;
  readonly turnId: string;
  readonly run: ScriptedRun;
  /** Ends the turn, and waits until the session is at rest or begins the next one. */
  readonly finish: (outcome?: Partial<TurnOutcome>) => Promise<void>;
};

const ERROR_LEVEL = 50;

/** A server that is closed, and whose files are removed, when the test ends. */
export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const harness = new Harness(options);
  onTestFinished(() => harness.end());
  await harness.open();
  return harness;
}

/** A server and a client of the principal `alice`. */
export async function startWithClient(options: HarnessOptions = {}) {
  const harness = await startHarness(options);
  return { harness, client: await harness.connect() };
}

/** A server and a client with a session whose first prompt has reached its run. */
export async function startBusy(args: Record<string, unknown> = {}) {
  const { harness, client } = await startWithClient();
  return { harness, client, ...(await harness.busy(client, args)) };
}

export class Harness {
  settings: Settings;
  /** A real directory inside the root; sessions work here by default. */
  readonly work: string;
  runner = new ScriptedRunner();
  /** Processes that the server was to kill, left behind by another. */
  readonly killed: ProcessIdentity[] = [];
  /** Set to false to play processes that the kernel cannot end now, or that cannot be looked for. */
  canKill = true;
  readonly logged: { level: number; msg: string; [name: string]: unknown }[] = [];
  readonly #options: HarnessOptions;
  readonly #directory: string;
  readonly #log: Logger;
  readonly #clients = new Set<TestClient>();
  /** What happens when a form has held a wait for as long as it may. */
  readonly #held = new Set<() => void>();
  #passed = 0;
  #jumped = 0;
  #open: { readonly app: App; readonly store: Store } | undefined;

  constructor(options: HarnessOptions) {
    this.#options = options;
    this.#directory = realpathSync(mkdtempSync(join(tmpdir(), 'claude-sessions-test-')));
    const root = join(this.#directory, 'root');
    this.work = join(root, 'work');
    mkdirSync(this.work, { recursive: true });
    this.settings = settingsFor(this.#directory, root, options.settings);
    const stream = { write: (line: string) => void this.logged.push(JSON.parse(line)) };
    this.#log = loggerTo(stream, 'debug');
  }

  get app(): App {
    return this.#opened().app;
  }

  get store(): Store {
    return this.#opened().store;
  }

  async open(): Promise<void> {
    const { settings, runner } = this;
    const log = this.#log;
    const clock = this.#clock();
    const { now } = clock;
    const uptime = { bootId: 'boot', elapsedMs: () => clock.monotonic() };
    const sqlite = await openSqliteStore({ directory: settings.stateDir, now, uptime, log });
    const store = this.#options.store?.(sqlite) ?? sqlite;
    const killTree = async (process: ProcessIdentity) => {
      this.killed.push(process);
      return this.canKill;
    };
    const { leaseTimes, mcpServers } = this.#options;
    const formTimer = (_ms: number, call: () => void) => {
      this.#held.add(call);
      return { cancel: () => void this.#held.delete(call) };
    };
    const ports = { store, runner, killTree, clock, leaseTimes, formTimer, mcpServers };
    this.#open = { app: await assemble({ settings, log, version: '1.2.3', ...ports }), store };
  }

  /** Lets time pass for every clock of the server at once; timers do not hear of it. */
  pass(ms: number): void {
    this.#passed += ms;
  }

  /** The forms that are up were not answered for as long as they may hold a wait; how many. */
  leaveForms(): number {
    const held = [...this.#held];
    this.#held.clear();
    for (const call of held) call();
    return held.length;
  }

  /** Somebody sets the wall clock; no time passes. */
  jump(ms: number): void {
    this.#jumped += ms;
  }

  /** Stops the server and starts another on the same state directory; every client is gone. */
  async reopen(settings: Partial<Settings> = {}): Promise<void> {
    await this.close();
    this.settings = { ...this.settings, ...settings };
    this.runner = new ScriptedRunner();
    await this.open();
  }

  async close(): Promise<void> {
    for (const client of [...this.#clients]) await client.disconnect();
    await this.#open?.app.close();
    this.#open = undefined;
  }

  /** A client over an MCP session of its own, of the principal `alice` by default. */
  async connect(caller: Partial<Caller> = {}): Promise<TestClient> {
    const { connections } = this.app;
    const full = { principal: 'alice', mcpSessionId: `mcp_${randomUUID()}`, ...caller };
    const client = await connectClient(connections, full);
    this.#clients.add(client);
    client.onDisconnected = () => this.#clients.delete(client);
    return client;
  }

  /** The run of a session that is at a prompt, its n-th at least. */
  async running(sessionId: string, prompts = 1): Promise<ScriptedRun> {
    return this.runner.waitFor(
      (run) =>
        sessionId.endsWith(run.spec.uuid) &&
        run.turnId !== undefined &&
        run.prompts.length >= prompts,
    );
  }

  /** A session whose first prompt has reached its run. */
  async busy(client: TestClient, args: Record<string, unknown> = {}): Promise<Busy> {
    const { session, turn } = await client.call('create_session', { prompt: 'go', ...args });
    const sessionId = session.id;
    const run = await this.running(sessionId);
    const finish = async (outcome: Partial<TurnOutcome> = {}) => {
      run.finish(outcome);
      await client.call('wait_sessions', { sessionIds: [sessionId] });
    };
    return { sessionId, turnId: turn?.id ?? '', run, finish };
  }

  async end(): Promise<void> {
    await this.close();
    rmSync(this.#directory, { recursive: true, force: true });
    const errors = this.logged.filter(({ level }) => level >= ERROR_LEVEL);
    if (errors.length > 0 && !this.#options.mayLogErrors) {
      throw new Error(`the server logged errors: ${JSON.stringify(errors, null, 1)}`);
    }
  }

  #clock(): Clock {
    const system = systemClock();
    return {
      now: () => system.now() + this.#passed + this.#jumped,
      monotonic: () => system.monotonic() + this.#passed,
    };
  }

  #opened() {
    if (this.#open === undefined) throw new Error('the harness is not open');
    return this.#open;
  }
}

/** A store, or a part of one, of which some methods are the test's. */
export function overriding<Port extends object>(port: Port, methods: Partial<Port>): Port {
  return new Proxy(port, {
    get: (target, name) => {
      const own: unknown = Reflect.get(methods, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function settingsFor(directory: string, root: string, given: Partial<Settings> = {}): Settings {
  const { maxSessions = 100 } = given;
  const flags = {
    'state-dir': join(directory, 'state'),
    root,
    'max-live': 4,
    'max-sessions': maxSessions,
  };
  const words = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  return { ...readSettings(words, {}), ...given };
}
