/**
 * From the Agent SDK's messages to the calls of a run's listener: which turn a message belongs to, what of it is kept,
 * and how a turn ended. Pure but for the state of the turn; it starts nothing and waits for nothing.
 */

import type {
  PermissionMode,
  SDKAssistantMessage,
  SDKCompactBoundaryMessage,
  SDKMessage,
  SDKPartialAssistantMessage,
  SDKResultMessage,
  SDKUserMessage,
} from '@anthropic-ai/claude-agent-sdk';
import type { Failure } from '../errors.ts';
import { EVENT_TEXT_BYTES_MAX } from '../limits.ts';
import type { Redactor } from '../redaction.ts';
import type { TurnOutcome } from '../session/decide.ts';
import type { OutputBody, UsageByModel } from '../session/event.ts';
import { PERMISSION_MODES } from '../session/options.ts';
import { addUsageByModel, totalOf } from '../session/usage.ts';
import { cutBytes, splitBytes } from '../text.ts';
import { tasksIn } from './background.ts';
import { ContextMeter } from './context.ts';
import { failureOfResult, unavailableNow } from './failure.ts';
import { asName, flatten, lifecycleOf } from './message-parts.ts';
import type { PromptKind } from './prompt-text.ts';
import { RedactedTexts } from './redacted-texts.ts';
import type { RunListener } from './runner.ts';
import { boundInput } from './shown-input.ts';
import type { ReadOutput } from './structured-output.ts';
import { belongs, type HeardTurn, outcomeOf, resultOf } from './turn-result.ts';
import { UnfinishedText } from './unfinished-text.ts';
import { UsageMeter } from './usage.ts';

export type TranslatorOptions = {
  readonly listener: Pick<
    RunListener,
    'output' | 'writing' | 'autonomousTurnStarted' | 'turnEnded' | 'backgroundTasks' | 'modeReached'
  >;
  readonly newId: () => string;
  /** Applied before anything is reported, cut or kept. */
  readonly redactor: Redactor;
  /** Set if the process has a schema for the output of its turns. */
  readonly readOutput: ReadOutput | undefined;
  /** The conversation was begun in an earlier process. */
  readonly resumed: boolean;
  readonly mode: PermissionMode;
  /** The texts that the log gets for a message, beside what it says itself. */
  readonly noticesOf: (message: SDKMessage) => readonly string[];
};

export class Translator {
  readonly #options: TranslatorOptions;
  readonly #meter: UsageMeter;
  readonly #context = new ContextMeter();
  readonly #texts: RedactedTexts;
  readonly #unfinished: UnfinishedText;
  #turn: HeardTurn | undefined;
  #mode: PermissionMode;
  #startFailure: Failure | undefined;

  constructor(options: TranslatorOptions) {
    this.#options = options;
    this.#meter = new UsageMeter(options.resumed);
    this.#texts = new RedactedTexts(options.redactor);
    this.#unfinished = new UnfinishedText(options.redactor);
    this.#mode = options.mode;
  }

  /** Why Claude Code refused to start, if it said so. */
  get startFailure(): Failure | undefined {
    return this.#startFailure;
  }

  /** A prompt is on its way; what comes next belongs to its turn. */
  begin(turnId: string, kind: PromptKind): void {
    // A turn that began by itself at the same moment ends here. The rest of it becomes part of the prompt's turn.
    this.end({ state: 'completed' });
    this.#turn = { id: turnId, origin: 'prompt', begun: false, usage: {} };
    if (kind === 'compact') this.#turn.compaction = 'pending';
  }

  /** The turn was asked to stop. For a compaction, Claude Code does not say whether that is why it ended. */
  stopping(): void {
    if (this.#turn?.compaction === 'pending') this.#turn.compaction = 'stopping';
  }

  /** Ends the running turn, if there is one, for a reason that Claude Code could not report. */
  end(outcome: TurnOutcome): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    this.#endTexts();
    this.#unfinished.end();
    this.#turn = undefined;
    this.#options.listener.turnEnded(turn.id, {
      ...resultOf(turn.text),
      usage: totalOf(turn.usage),
      usageByModel: turn.usage,
      context: this.#context.use,
      ...outcome,
    });
  }

  translate(message: SDKMessage): void {
    this.#context.note(message);
    const lifecycle = lifecycleOf(message);
    if (lifecycle !== undefined) this.#lifecycle(lifecycle);
    else if (message.type === 'assistant') this.#assistant(message);
    else if (message.type === 'user') this.#user(message);
    else if (message.type === 'stream_event') this.#piece(message);
    else if (message.type === 'result') this.#result(message);
    else this.#other(message);
  }

  #lifecycle({ uuid, state }: { readonly uuid: string; readonly state: string }): void {
    if (this.#turn?.id !== uuid) return;
    if (state === 'started') this.#turn.begun = true;
    // Taken back before it began: such a turn has no result.
    if (state === 'cancelled') this.end({ state: 'interrupted' });
  }

  #assistant(message: SDKAssistantMessage): void {
    if (message.parent_tool_use_id !== null) {
      this.#subagent(message);
      return;
    }
    const turn = this.#current();
    if (message.error !== undefined) {
      // The text of such a message is the error's, and failures are described in our own words.
      turn.apiError = message.error;
      return;
    }
    for (const block of message.message.content) {
      if (block.type === 'text' && block.text !== '') this.#text(turn, block.text);
      if (block.type === 'tool_use') {
        const { redactor } = this.#options;
        const input = boundInput(redactor.value(block.input), EVENT_TEXT_BYTES_MAX);
        const name = redactor.text(block.name);
        this.#output({ type: 'tool_use', toolUseId: redactor.text(block.id), name, input });
      }
    }
  }

  /** Of a subagent too: it is a sign of life. */
  #piece({ parent_tool_use_id: parent, event }: SDKPartialAssistantMessage): void {
    if (this.#turn === undefined) return;
    if (parent === null) this.#write(event);
    if (event.type === 'content_block_delta') this.#options.listener.writing(this.#soFar);
  }

  #write(event: SDKPartialAssistantMessage['event']): void {
    if (event.type === 'content_block_start' && event.content_block.type === 'text')
      this.#unfinished.begin(this.#texts.open);
    else if (event.type !== 'content_block_delta') this.#unfinished.end();
    else if (event.delta.type === 'text_delta') this.#unfinished.add(event.delta.text);
  }

  readonly #soFar = (): string => this.#unfinished.soFar();

  /** A subagent's own steps stay out of the log: its call and its result are there. What it uses is worth a notice. */
  #subagent(message: SDKAssistantMessage): void {
    for (const block of message.message.content) {
      if (block.type === 'tool_use') {
        this.#notice(`A subagent uses ${asName(block.name)}.`);
      }
    }
  }

  #user({ parent_tool_use_id: parent, message }: SDKUserMessage): void {
    if (parent !== null || typeof message.content === 'string') return;
    const { redactor } = this.#options;
    for (const block of message.content) {
      if (block.type !== 'tool_result') continue;
      this.#current();
      this.#output({
        type: 'tool_result',
        toolUseId: redactor.text(block.tool_use_id),
        isError: block.is_error === true,
        text: cutBytes(redactor.text(flatten(block.content)), EVENT_TEXT_BYTES_MAX),
      });
    }
  }

  #result(message: SDKResultMessage): void {
    const usage = this.#usage(message);
    if (this.#turn === undefined && message.is_error && message.num_turns === 0) {
      this.#startFailure = failureOfResult(message, undefined);
      return;
    }
    const turn = this.#current();
    turn.usage = addUsageByModel(turn.usage, usage);
    if (!belongs(message, turn)) {
      // An autonomous turn that ended while our prompt waited: its output and cost are added to ours.
      delete turn.apiError;
      return;
    }
    this.#endTexts();
    const text = this.#resultText(message, turn);
    this.end(outcomeOf(message, turn, text, this.#options.readOutput));
  }

  #usage(message: SDKResultMessage): UsageByModel {
    const { redactor } = this.#options;
    const usage = Object.entries(this.#meter.take(message));
    return Object.fromEntries(usage.map(([model, sum]) => [redactor.text(model), sum]));
  }

  /** If the result is Claude's last text, it is used as it was already reported. */
  #resultText(message: SDKResultMessage, turn: HeardTurn): string | undefined {
    if (message.subtype !== 'success') return undefined;
    const isLastText = turn.text !== undefined && message.result === turn.lastText;
    return isLastText ? turn.text : this.#options.redactor.text(message.result);
  }

  #other(message: SDKMessage): void {
    if (message.type === 'system') this.#system(message);
    for (const text of this.#options.noticesOf(message)) this.#notice(text);
  }

  #system(message: Extract<SDKMessage, { type: 'system' }>): void {
    if (message.subtype === 'init') this.#init(message.permissionMode);
    else if (message.subtype === 'status') this.#reach(message.permissionMode);
    else if (message.subtype === 'local_command_output')
      this.#text(this.#current(), message.content);
    else if (message.subtype === 'background_tasks_changed')
      this.#options.listener.backgroundTasks(tasksIn(message, this.#options.redactor));
    else if (message.subtype === 'compact_boundary') this.#compacted(message);
    else if (message.subtype === 'session_state_changed' && message.state === 'idle') this.#idle();
  }

  #compacted({ compact_metadata: { trigger } }: SDKCompactBoundaryMessage): void {
    // By itself it may also compact for the turn before, while the prompt that asks for it waits.
    if (trigger === 'manual') delete this.#turn?.compaction;
  }

  /** Stands at the beginning of every turn. */
  #init(mode: PermissionMode): void {
    this.#reach(mode);
    this.#current();
  }

  #reach(mode: PermissionMode = this.#mode): void {
    if (mode === this.#mode) return;
    this.#mode = mode;
    const known = PERMISSION_MODES.find((each) => each === mode);
    if (known !== undefined) this.#options.listener.modeReached(known);
  }

  /** Nothing runs or waits any more: a turn that is still open has lost its result. */
  #idle(): void {
    if (this.#turn?.begun !== true) return;
    const error = unavailableNow(`Claude Code ended turn ${this.#turn.id} without a result`);
    this.end({ state: 'failed', error });
  }

  /** The turn that runs; one that nobody asked for begins here. */
  #current(): HeardTurn {
    if (this.#turn !== undefined) return this.#turn;
    const id = this.#options.newId();
    this.#turn = { id, origin: 'autonomous', begun: true, usage: {} };
    this.#options.listener.autonomousTurnStarted(id);
    return this.#turn;
  }

  #text(turn: HeardTurn, text: string): void {
    turn.lastText = text;
    for (const told of this.#texts.push(text)) this.#tellText(turn, told);
  }

  /** Something else follows: what the last text ended with was no beginning of a credential. */
  #endTexts(): void {
    const turn = this.#turn;
    for (const told of this.#texts.flush()) if (turn !== undefined) this.#tellText(turn, told);
  }

  #tellText(turn: HeardTurn, text: string): void {
    turn.text = text;
    for (const piece of splitBytes(text, EVENT_TEXT_BYTES_MAX))
      this.#tell({ type: 'text', text: piece });
  }

  #notice(text: string): void {
    this.#output({ type: 'notice', text: this.#options.redactor.text(text) });
  }

  #output(body: OutputBody): void {
    this.#endTexts();
    this.#tell(body);
  }

  #tell(body: OutputBody): void {
    const turn = this.#turn;
    this.#options.listener.output(turn === undefined ? body : { ...body, turnId: turn.id });
  }
}
