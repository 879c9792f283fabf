/** The process of a session, kept from one turn to the next while it can run that one. */

import { isDeepStrictEqual } from 'node:util';
import type { Run, RunListener } from '../runner/runner.ts';
import type { OutputSchema } from '../session/event.ts';
import type { Claim } from '../store/store.ts';

type Start = (claim: Claim, listener: RunListener) => Promise<Run>;

export class KeptRun {
  readonly #start: Start;
  #run: Run | undefined;
  /** The schema that it was started with. */
  #outputSchema: OutputSchema | undefined;
  #listener: RunListener | undefined;

  constructor(start: Start) {
    this.#start = start;
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
    if (run !== undefined && (hasExited() || (await this.#suits(run, outputSchema)))) return run;
    this.#listener = undefined;
    await run?.close();
    this.#run = undefined;
    this.#outputSchema = outputSchema;
    this.#listener = listener;
    this.#run = await this.#start(claim, listener);
    return this.#run;
  }

  async #suits(run: Run, outputSchema: OutputSchema | undefined): Promise<boolean> {
    return isDeepStrictEqual(outputSchema, this.#outputSchema) && (await run.isCurrent());
  }
}
