#!/usr/bin/env node
/**
 * The entry: looks at the runtime, then loads the program. A client may start it with any Node, and a desktop program
 * imports it into a process of its own, so there is nothing here that Node 14 does not parse, nothing static from Node,
 * and no `await` that would keep an import of it from ending.
 */

import { isForClient, refuse } from './refusal.ts';
import { runtimeProblem, thisRuntime } from './runtime.ts';

async function main(): Promise<number> {
  // Node 22 warns of its SQLite, which does not belong into the output.
  process.removeAllListeners('warning');
  const problem = runtimeProblem(thisRuntime());
  if (problem !== undefined) return refused(problem, problem);
  const { run } = await import('./program.ts');
  // The folder of the package. Only this file is as deep in the build as in the sources.
  return run(new URL('..', import.meta.url).href, ownArguments());
}

/** What imports this file has arguments of its own, before those of ours. */
function ownArguments(): readonly string[] {
  const { argv } = process;
  const at = argv.indexOf(decodeURIComponent(new URL(import.meta.url).pathname));
  return argv.slice(at === -1 ? 2 : at + 1);
}

function refused(line: string, answer: string): Promise<number> {
  const isAsked = isForClient(ownArguments());
  return refuse(process, { line, answer: isAsked ? answer : undefined, exitCode: 1 });
}

async function runToEnd(): Promise<void> {
  // The program reports its own errors: what is caught here is about loading it.
  const exitCode = await main().catch((error) =>
    refused(String(error.stack), `the program is damaged: ${error.message}`),
  );
  process.exit(exitCode);
}

void runToEnd();
