/** The client process that started a server, so that several servers of one client are known to belong together. */

import { basename } from 'node:path';
import { commandLineOf, lookAt, OWN_SYSTEM, type System } from './process-table.ts';

const ANCESTORS_MAX = 32;

/**
 * The nearest ancestor of a process that is not there merely to start it, identified by its pid and start time. Undefined
 * if it cannot be determined: it has gone, cannot be seen, or is the first process of the system, to which orphans fall.
 */
export function clientOf(pid: number, system: System = OWN_SYSTEM): string | undefined {
  let seen = lookAt(pid, system);
  for (let steps = 0; steps < ANCESTORS_MAX; steps++) {
    if (typeof seen === 'string' || seen.parent <= 1) return undefined;
    const { parent } = seen;
    seen = lookAt(parent, system);
    const words = commandLineOf(parent, system);
    if (typeof seen === 'string' || words.length === 0) return undefined;
    if (!isStarter(words)) return `${parent}/${seen.startTime}`;
  }
  return undefined;
}

/** `disclaimer` is what Claude Desktop on macOS starts servers through. */
const STARTERS =
  /^(npm|npx|pnpm|pnpx|yarn|yarnpkg|bunx|env|nice|nohup|setpriv|setsid|timeout|disclaimer)$/;
const SHELL = /^(ash|bash|dash|fish|ksh|sh|zsh)$/;
const NODE = /^(node|nodejs|bun)$/;
const PACKAGE_MANAGER = /^(npm|npx|pnpm|pnpx|yarn|yarnpkg)(-cli)?(\.c?js)?$/;
/** A helper process of a program that is built on Chromium. */
const HELPER = /^--type=\w/;

/** Whether a command line is that of a program that starts what others want. */
export function isStarter([program = '', ...args]: readonly string[]): boolean {
  // npm puts what it runs into the place of its command line, as one word.
  if (/^(npm|pnpm|yarn) /.test(program)) return true;
  const name = basename(program).replace(/^-/, '');
  if (STARTERS.test(name) || args.some((word) => HELPER.test(word))) return true;
  // In a shell without anything to run, a person types.
  if (SHELL.test(name)) return args.some((word) => !/^[-+]/.test(word));
  const script = args.find((word) => !word.startsWith('-')) ?? '';
  return NODE.test(name) && PACKAGE_MANAGER.test(basename(script));
}
