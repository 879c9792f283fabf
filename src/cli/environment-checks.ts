import { constants } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../config.ts';
import { failureOf } from '../errors.ts';
import { claudeDirectory } from '../runner/environment.ts';
import { SYSTEM_PATH } from '../runner/finder.ts';
import { missingPrograms, type ProcessGuard, processGuard } from '../runner/guard.ts';
import { credentialKind, findClaude, versionFailure } from '../runner/installation.ts';
import { type System, systemOf } from '../runner/process-table.ts';
import { sandboxProblem } from '../runner/sandbox-check.ts';
import { runtimeProblem, thisRuntime } from '../runtime.ts';
import { tildePath } from '../views/figures.ts';
import { mcpServerChecks } from './mcp-server-checks.ts';
import { type CheckResult, type Finding, fail, may, nearest, ok, warn } from './state-checks.ts';
import { rootLevel, trustChecks } from './trust-checks.ts';
import { seeVariables } from './variable-checks.ts';

/** Whether a session can start and continue: programs, credentials, transcripts, variables, root directories and trust. */
export async function environmentChecks(given: Settings): Promise<readonly CheckResult[]> {
  const { environment, checks } = await seeVariables(given);
  const settings = { ...given, environment };
  const roots = await Promise.all(settings.roots.map((root) => rootCheck(root, settings)));
  const trust = await trustChecks(settings);
  return [
    { name: 'Node', ...nodeCheck() },
    { name: 'Claude Code', ...(await claudeCheck(settings)) },
    { name: 'credentials', ...credentialCheck(settings) },
    { name: 'transcripts', ...(await transcriptCheck(settings)) },
    { name: 'isolation', ...isolationCheck(settings) },
    { name: 'sandbox', ...(await sandboxCheck(settings)) },
    ...checks,
    ...roots.map((root) => ({ name: 'root', ...root })),
    ...trust.map((found) => ({ name: 'trust', ...found })),
    ...(await mcpServerChecks(settings)),
  ];
}

function nodeCheck(): Finding {
  const runtime = thisRuntime();
  const problem = runtimeProblem(runtime);
  return problem === undefined
    ? ok(`${process.version}, with SQLite ${runtime.sqlite}`)
    : fail(problem);
}

async function claudeCheck({ claudePath, environment, envs }: Settings): Promise<Finding> {
  const found = await findClaude(claudePath, environment, envs);
  if ('version' in found) {
    const tooOld = versionFailure(found.version);
    if (tooOld !== undefined) return fail(tooOld.message, tooOld.hint);
    const origin = claudePath === undefined ? 'bundled with the Agent SDK' : tildePath(claudePath);
    return ok(`${found.version}, ${origin}`);
  }
  const hint =
    claudePath === undefined
      ? 'reinstall without --omit=optional, or pass --claude-path.'
      : 'pass a different --claude-path, or omit it.';
  return fail(found.problem, hint);
}

function credentialCheck({ environment }: Settings): Finding {
  const kind = credentialKind(environment);
  if (kind !== undefined) return ok(kind);
  const hint = 'set ANTHROPIC_API_KEY where the server starts, or run `claude` once and log in.';
  // Only Claude Code may read the Keychain.
  return process.platform === 'darwin'
    ? warn('none outside of the Keychain, which is not checked', hint)
    : fail('none found', hint);
}

/**
 * Whether Claude Code can write its transcripts; tried by writing a file there. Claude Code works without transcripts,
 * but then no session can continue after its process has ended.
 */
async function transcriptCheck({ environment }: Settings): Promise<Finding> {
  const projects = join(claudeDirectory(environment), 'projects');
  let probe: string | undefined;
  try {
    probe = await mkdtemp(join(await nearest(projects), '.claude-sessions-doctor-'));
    await writeFile(join(probe, 'probe'), 'x');
    return ok(tildePath(projects));
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return fail(
      `Claude Code cannot write them to ${projects} (${code})`,
      'make it writable for this user, or set CLAUDE_CONFIG_DIR for the server.',
    );
  } finally {
    if (probe !== undefined) await rm(probe, { recursive: true, force: true });
  }
}

function isolationCheck({ processGuard: choice, isPortable }: Settings): Finding {
  const system = systemOf(process.platform, isPortable);
  try {
    const guard = processGuard(choice, system);
    if (guard.name === 'none') return noneOf(system);
    if (guard.name !== 'supervisor') return isolationOf(guard.name);
    return supervisionOf(system, choice === 'namespace');
  } catch (error) {
    const { message, hint } = failureOf(error);
    return warn(`unknown: ${message}`, hint);
  }
}

function isolationOf(guard: Exclude<ProcessGuard['name'], 'supervisor' | 'none'>): Finding {
  switch (guard) {
    case 'pid-namespace':
      return ok('PID namespaces: nothing outlives its session');
    case 'user-pid-namespace':
      return warn(
        'PID namespaces: nothing outlives its session; ssh may refuse its configuration, and sudo and rootless containers fail, because the files of other users belong to nobody',
        'omit --process-guard if sessions need them.',
      );
  }
}

function noneOf(system: System): Finding {
  if (system === 'windows') return warn('none: what a session leaves behind is not ended');
  const missing = missingPrograms(system).join(', ');
  const hint = `install ${missing} in ${SYSTEM_PATH}.`;
  return system === 'linux'
    ? warn('none: if the server is killed, only the next one ends what its sessions left', hint)
    : fail('none: no session can start, because its processes could not be found', hint);
}

function supervisionOf(system: System, wantsNamespaces: boolean): Finding {
  const cost =
    system === 'linux'
      ? 'supervised: ssh and sudo work; a process outlives its session if it clears its environment and also changes its limit on file locks, or belongs to another user (sudo)'
      : 'supervised: ssh and sudo work; a program that makes itself a daemon between two looks at the process table (a second at most; while the server is stopped, there are none) may outlive its session';
  if (wantsNamespaces) return warn(`no PID namespaces; ${cost}`, NAMESPACES_WANTED);
  const more = '; --process-guard namespace ends those too, at the cost of ssh and sudo';
  return ok(system === 'linux' ? cost + more : cost);
}

const NAMESPACES_WANTED =
  process.platform === 'linux'
    ? 'install unshare and setpriv (util-linux), and allow user namespaces.'
    : 'only Linux has PID namespaces: omit --process-guard.';

async function sandboxCheck({ sandbox, environment }: Settings): Promise<Finding> {
  if (sandbox === 'off') return ok('off');
  const problem = await sandboxProblem(environment);
  if (problem === undefined) {
    return ok(sandbox === 'always' ? 'every session has it' : 'sessions may have it');
  }
  const { message, hint } = problem;
  if (sandbox === 'always') return fail(`no session can start: ${message}`, hint);
  return warn(`no session can have it: ${message}`, hint);
}

async function rootCheck(root: string, settings: Settings): Promise<Finding> {
  const refused = (why: string) => fail(`${root} ${why}`, 'create it, or pass a different --root.');
  const found = await stat(root).catch(() => undefined);
  if (found === undefined) return refused('does not exist');
  if (!found.isDirectory()) return refused('is not a directory');
  const isReadable = await may(root, constants.R_OK | constants.X_OK);
  if (!isReadable) return refused('cannot be read');
  return ok(`${tildePath(root)} (trust: ${await rootLevel(root, settings)})`);
}
