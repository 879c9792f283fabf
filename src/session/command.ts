/**
 * What a store is asked to write, as a value: a command of {@link decide}, a prompt in one of its modes, or the output of
 * a runner. It is decided on the session as the transaction sees it, possibly more than once.
 */

import { type Failure, SessionNotFoundError } from '../errors.ts';
import { decide, type SessionCommand, type SessionState } from './decide.ts';
import type { EventBody, QueuedPrompt } from './event.ts';

export type Command =
  | SessionCommand
  /** Queues the prompt, or names the running turn to add it to. */
  | ({ readonly type: 'send'; readonly mode: PromptMode } & Omit<QueuedPrompt, 'next'>)
  /** Records that the prompt was added to the turn. */
  | { readonly type: 'steered'; readonly turnId: string; readonly prompt: string }
  /** Records that the effect of a `send` failed. */
  | { readonly type: 'not_done'; readonly effect: Effect; readonly error: Failure }
  /**
   * Writes the output of a runner, then commands. If one of the commands is not legal, all of them are refused. The output
   * is written in any case, unless the session has ended.
   */
  | {
      readonly type: 'record';
      readonly said: readonly EventBody[];
      readonly commands?: readonly SessionCommand[];
    };

export type PromptMode = 'queue' | 'steer' | 'interrupt';

/** What must be done to the running turn once a prompt is stored. */
export type Effect = { readonly kind: 'steer' | 'interrupt'; readonly turnId: string };

/** Who asks for a change, if this must be checked. */
export type Asker = {
  readonly principal: string;
  /** If null, the asker acts for the whole principal. */
  readonly mcpSessionId: string | null;
  /** An MCP session that no longer keeps the asker out; sessions tied to it may be tied to the asker. */
  readonly released?: string;
};

export type Decided = {
  readonly events: readonly EventBody[];
  /** The MCP session that holds the session, if that prevents the change. Then nothing is written. */
  readonly heldBy?: string;
  /** What the asker must do next. */
  readonly effect?: Effect;
  /** The turn with the prompt. */
  readonly turnId?: string;
  /** Why the commands of a `record` were refused. */
  readonly refused?: unknown;
  /** The error with which to answer the call. */
  readonly failure?: Failure;
};

/** What a command is decided on, in addition to the session itself. */
export type Needs = {
  readonly turns?: 'running' | 'open' | { readonly id: string };
  readonly requests?: boolean;
  readonly remembered?: boolean;
};

/**
 * Returns the events of a command, preceded by a tie to the asker if the session is not tied to it yet.
 *
 * @param now epoch milliseconds
 * @throws SessionNotFoundError for another principal's session, SessionError if the command is not legal now
 */
export function resolve(
  state: SessionState,
  command: Command,
  { asker, now }: { readonly asker?: Asker; readonly now: number },
): Decided {
  if (asker === undefined) return decideCommand(state, command, now);
  const { session } = state;
  if (session.principal !== asker.principal) throw new SessionNotFoundError(session.id);
  const { mcpSessionId: holder, status } = session;
  const { mcpSessionId, released } = asker;
  if (mcpSessionId === null || mcpSessionId === holder) return decideCommand(state, command, now);
  if (holder !== null && holder !== released) return { events: [], heldBy: holder };
  const decided = decideCommand(state, command, now);
  if (status === 'terminated') return decided;
  return { ...decided, events: [{ type: 'session_tied', mcpSessionId }, ...decided.events] };
}

function decideCommand(state: SessionState, command: Command, now: number): Decided {
  if (command.type === 'send') return send(state, command, now);
  if (command.type === 'steered') return steered(state, command);
  if (command.type === 'not_done') return notDone(state, command);
  if (command.type === 'record') return record(state, command, now);
  return { events: decide(state, command, now) };
}

type Of<T extends Command['type']> = Extract<Command, { type: T }>;

function send(state: SessionState, { mode, ...prompt }: Of<'send'>, now: number): Decided {
  const running = state.openTurns.find((turn) => turn.state === 'running')?.id;
  if (mode === 'steer' && running !== undefined) {
    return { events: [], turnId: running, effect: { kind: 'steer', turnId: running } };
  }
  const next = mode === 'interrupt';
  const events = decide(state, { ...prompt, type: 'queue_prompt', next }, now);
  const { turnId } = prompt;
  if (!next || running === undefined) return { events, turnId };
  return { events, turnId, effect: { kind: 'interrupt', turnId: running } };
}

function steered(state: SessionState, { turnId, prompt }: Of<'steered'>): Decided {
  return { events: notice(state, turnId, `steered: ${prompt}`), turnId };
}

function notDone(state: SessionState, { effect, error }: Of<'not_done'>): Decided {
  const { kind, turnId } = effect;
  const what =
    kind === 'steer' ? 'the prompt was not added to the turn' : 'the turn was not interrupted';
  return { events: notice(state, turnId, `${what}: ${error.message}`), failure: error };
}

function record(state: SessionState, { said, commands = [] }: Of<'record'>, now: number): Decided {
  // Another server has ended the session and will send an order to stop.
  const kept = state.session.status === 'terminated' ? [] : said;
  try {
    return { events: [...kept, ...commands.flatMap((command) => decide(state, command, now))] };
  } catch (refused) {
    return { events: kept, refused };
  }
}

/** Returns nothing once the session has ended: its end must be the last event. */
function notice({ session }: SessionState, turnId: string, text: string): readonly EventBody[] {
  return session.status === 'terminated' ? [] : [{ type: 'notice', turnId, text }];
}

/** What must be loaded for a command. */
export function needsOf(command: Command): Needs {
  switch (command.type) {
    case 'send':
      return command.mode === 'queue' ? {} : { turns: 'running' };
    case 'cancel_prompt':
    case 'requeue_turn':
      return { turns: { id: command.turnId } };
    case 'start_turn':
      return command.origin === 'prompt' ? { turns: { id: command.turnId } } : {};
    case 'end_turn':
    case 'settle_turn':
      return { turns: { id: command.turnId }, requests: true };
    case 'cancel_prompts':
      return { turns: 'open' };
    case 'end':
      return { turns: 'open', requests: true };
    case 'answer_permission':
      return { requests: true, remembered: true };
    case 'record':
      return (command.commands ?? []).map(needsOf).reduce(both, {});
    case 'steered':
    case 'not_done':
    case 'tie':
    case 'link_task':
    case 'unlink_task':
    case 'queue_prompt':
    case 'request_permission':
    case 'reach_mode':
    case 'update':
    case 'fail':
      return {};
  }
}

function both(a: Needs, b: Needs): Needs {
  return {
    turns: a.turns && b.turns ? 'open' : (a.turns ?? b.turns),
    requests: a.requests || b.requests,
    remembered: a.remembered || b.remembered,
  };
}
