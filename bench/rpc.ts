/** A server on standard streams, and a client that costs as little as can be: it parses only the answers that are used. */

import { LineWire } from '../test/support/client/line-wire.ts';
import { type Env, Program } from '../test/support/client/program.ts';

export type Command = { readonly args: readonly string[]; readonly env: Env };

const KILL_AFTER_MS = 15_000;

/** Starts Node with the arguments. */
export function startNode({ args, env }: Command): Program {
  return new Program([process.execPath, ...args], env, false);
}

export class RpcProcess extends LineWire {
  readonly #program: Program;

  constructor(command: Command) {
    const program = startNode(command);
    super(program.child.stdin, program.child.stdout, program.stderr);
    this.#program = program;
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** Calls a tool; the line of its answer, which must not be an error. */
  async post(name: string, args: object): Promise<Buffer> {
    const line = await this.exchange('tools/call', { name, arguments: args });
    if (line.includes('"error":{"code":-') || line.includes('"isError":true')) {
      throw new Error(`${name} ${JSON.stringify(args)}: ${line}`);
    }
    return line;
  }

  /** Ends its input, and waits for its end. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#program.child.kill('SIGKILL'), KILL_AFTER_MS);
    await this.#program.leave();
    clearTimeout(timer);
  }
}
