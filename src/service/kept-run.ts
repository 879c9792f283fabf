/** The process of a session, kept from one turn to the next while it can run that one, and what the next one gets. */

import { isDeepStrictEqual } from 'node:util';
import { type Failure, failureOf } from '../errors.ts';
import type { PromptFile, Run, RunListener } from '../runner/runner.ts';
import type { OutputSchema } from '../session/event.ts';
import type { ProcessIdentity } from '../session/process.ts';
import type { Session } from '../session/session.ts';
import type { Claim } from '../store/store.ts';
import type { Attachments } from './attachments.ts';
import { Told } from './told.ts';

type Start = (claim: Claim, listener: RunListener) => Promise<Run>;

export class KeptRun {
  readonly #start: Start;
  readonly #attachments: Pick<Attachments, 'read'>;
  /** What goes with the next prompt, or why that cannot be had. */
  #files: { readonly loaded: readonly PromptFile[] } | { readonly error: Failure } = { loaded: [] };
  #run: Run | undefined;
  /** The schema that it was started with. */
  #outputSchema: OutputSchema | undefined;
  #listener: RunListener | undefined;
  #told: Told | undefined;

  constructor(start: Start, attachments: Pick<Attachments, 'read'>) {
    this.#start = start;
    this.#attachments = attachments;
  }

  /** Undefined until the process has started. */
  get run(): Run | undefined {
    return this.#run;
  }

  /** Whether it is the listener of this process, and not of one that was replaced. */
  isOf(listener: RunListener): boolean {
    return this.#listener === listener;
  }

  /**
   * Gets a process for the turn. One that does not know what was said elsewhere, or has another schema, is replaced.
   *
   * @param hasExited whether it is known to be gone
   * @throws what the start of a process throws
   */
  async forTurn(claim: Claim, listener: RunListener, hasExited: () => boolean): Promise<Run> {
    const { outputSchema } = claim.turn;
    const run = this.#run;
    await this.follow(claim.session);
    if (run !== undefined && (hasExited() || (await this.#suits(run, outputSchema)))) return run;
    this.#listener = undefined;
    await run?.close();
    this.#run = undefined;
    this.#outputSchema = outputSchema;
    this.#listener = listener;
    this.#told = new Told(claim.session);
    this.#run = await this.#start(claim, listener);
    return this.#run;
  }

  /** Reads what goes with the prompt of the turn. */
  async load({ turn }: Claim): Promise<void> {
    try {
      this.#files = { loaded: await this.#attachments.read(turn, turn.attachments ?? []) };
    } catch (error) {
      this.#files = { error: failureOf(error) };
    }
  }

  /**
   * Sends the prompt with what was read, or returns why it cannot be sent, which is no fault of the process.
   *
   * @throws what `Run.prompt` throws
   */
  prompt({ turn }: Claim): Failure | undefined {
    const files = this.#files;
    this.#files = { loaded: [] };
    if ('error' in files) return files.error;
    this.#run?.prompt(turn.id, turn.prompt, files.loaded);
    return undefined;
  }

  /**
   * Ends the process. Returns it if it may still be alive.
   *
   * @param failed hears why
   */
  async end(failed: (error: unknown) => void): Promise<ProcessIdentity | undefined> {
    try {
      await this.#run?.close();
      return undefined;
    } catch (error) {
      failed(error);
      return this.#run?.process;
    }
  }

  /** Has the process go by this session, if that is newer than what it goes by. Never rejects. */
  async follow(session: Session): Promise<void> {
    if (this.#run !== undefined) await this.#told?.tell(this.#run, session);
  }

  /** How often the caller had chosen a permission mode, as far as the process knows. */
  get timesChosen(): number {
    return this.#told?.timesChosen ?? 0;
  }

  async #suits(run: Run, outputSchema: OutputSchema | undefined): Promise<boolean> {
    return isDeepStrictEqual(outputSchema, this.#outputSchema) && (await run.isCurrent());
  }
}
