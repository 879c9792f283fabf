import { constants } from 'node:fs';
import { access, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeProblem, type Settings } from '../config.ts';
import { failureOf } from '../errors.ts';
import { versionFailure } from '../runner/claude-version.ts';
import { claudeDirectory } from '../runner/environment.ts';
import { credentialKind, findClaude } from '../runner/installation.ts';
import { type ProcessGuard, processGuard } from '../runner/process.ts';
import { tildePath } from '../views/figures.ts';
import { type CheckResult, nearest } from './state-checks.ts';

/** Whether a session can start and continue: the programs, credentials, transcripts and root directories. */
export async function environmentChecks(settings: Settings): Promise<readonly CheckResult[]> {
  const claude = await claudeCheck(settings);
  const transcripts = await transcriptCheck(settings);
  const roots = await Promise.all(settings.roots.map(rootCheck));
  return [nodeCheck(), claude, credentialCheck(settings), transcripts, isolationCheck(), ...roots];
}

function nodeCheck(): CheckResult {
  const name = 'Node';
  const problem = nodeProblem(process.version);
  if (problem !== undefined) return { name, status: 'fail', detail: problem };
  const detail = `${process.version}, with SQLite ${process.versions.sqlite ?? 'of unknown version'}`;
  return { name, status: 'ok', detail };
}

async function claudeCheck({ claudePath, environment }: Settings): Promise<CheckResult> {
  const name = 'Claude Code';
  const found = await findClaude(claudePath, environment);
  if ('version' in found) {
    const tooOld = versionFailure(found.version);
    if (tooOld !== undefined) {
      const { message, hint } = tooOld;
      return { name, status: 'fail', detail: message, hint };
    }
    const origin = claudePath === undefined ? 'bundled with the Agent SDK' : tildePath(claudePath);
    return { name, status: 'ok', detail: `${found.version}, ${origin}` };
  }
  const hint =
    claudePath === undefined
      ? 'reinstall without --omit=optional, or pass --claude-path.'
      : 'pass a different --claude-path, or omit it.';
  return { name, status: 'fail', detail: found.problem, hint };
}

function credentialCheck({ environment }: Settings): CheckResult {
  const name = 'credentials';
  const kind = credentialKind(environment);
  if (kind !== undefined) return { name, status: 'ok', detail: kind };
  const hint = 'set ANTHROPIC_API_KEY where the server starts, or run `claude` once and log in.';
  // Only Claude Code may read the Keychain.
  if (process.platform === 'darwin') {
    return {
      name,
      status: 'warn',
      detail: 'none outside of the Keychain, which is not checked',
      hint,
    };
  }
  return { name, status: 'fail', detail: 'none found', hint };
}

/**
 * Whether Claude Code can write its transcripts; tried by writing a file there. Claude Code works without transcripts,
 * but then no session can continue after its process has ended.
 */
async function transcriptCheck({ environment }: Settings): Promise<CheckResult> {
  const name = 'transcripts';
  const projects = join(claudeDirectory(environment), 'projects');
  let probe: string | undefined;
  try {
    probe = await mkdtemp(join(await nearest(projects), '.claude-sessions-doctor-'));
    await writeFile(join(probe, 'probe'), 'x');
    return { name, status: 'ok', detail: tildePath(projects) };
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return {
      name,
      status: 'fail',
      detail: `Claude Code cannot write them to ${projects} (${code})`,
      hint: 'make it writable for this user, or set CLAUDE_CONFIG_DIR for the server.',
    };
  } finally {
    if (probe !== undefined) await rm(probe, { recursive: true, force: true });
  }
}

function isolationCheck(): CheckResult {
  const name = 'isolation';
  try {
    return isolationOf(processGuard());
  } catch (error) {
    const { message, hint } = failureOf(error);
    return { name, status: 'warn', detail: `unknown: ${message}`, hint };
  }
}

function isolationOf({ name: guard }: ProcessGuard): CheckResult {
  const name = 'isolation';
  switch (guard) {
    case 'pid-namespace':
    case 'user-pid-namespace':
      return { name, status: 'ok', detail: 'PID namespaces: nothing outlives its session' };
    case 'parent-death':
      return {
        name,
        status: 'warn',
        detail:
          'no PID namespaces: processes that a session leaves behind are found by a marker and killed',
        hint: 'allow user namespaces, or run as root in a container.',
      };
    case 'none':
      return {
        name,
        status: 'warn',
        detail:
          'none: if a server is killed with -9, the next one kills what its sessions left behind',
        hint:
          process.platform === 'linux' ? 'install unshare and setpriv (util-linux).' : undefined,
      };
  }
}

async function rootCheck(root: string): Promise<CheckResult> {
  const name = 'root';
  const hint = 'create it, or pass a different --root.';
  const found = await stat(root).catch(() => undefined);
  if (found === undefined) {
    return { name, status: 'fail', detail: `${root} does not exist`, hint };
  }
  if (!found.isDirectory()) {
    return { name, status: 'fail', detail: `${root} is not a directory`, hint };
  }
  try {
    await access(root, constants.R_OK | constants.X_OK);
    return { name, status: 'ok', detail: tildePath(root) };
  } catch {
    return { name, status: 'fail', detail: `${root} cannot be read`, hint };
  }
}
