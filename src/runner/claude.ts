/** The runner on the Agent SDK: starts the real Claude Code for a session. */

import type { Logger } from '../log.ts';
import { inTime, isOutOfMeans } from '../looks.ts';
import { LOOK_MS_MAX } from '../process-limits.ts';
import type { Redactor } from '../redaction.ts';
import { SESSION_ID_PREFIX } from '../session/session.ts';
import { claudeOptions } from './claude-options.ts';
import { ClaudeRun } from './claude-run.ts';
import { Commands } from './commands.ts';
import { Conversation } from './conversation.ts';
import { childEnvironment, type Environment } from './environment.ts';
import { spawnError, startError } from './failure.ts';
import type { Guarding } from './guarding.ts';
import { seeGuards } from './guards.ts';
import { seeInstructions } from './instructions.ts';
import { type LaunchContext, launch } from './launch.ts';
import { chosenServers, type McpServers } from './mcp-servers.ts';
import { placesOf } from './memory.ts';
import type { Processes } from './processes.ts';
import { RUN_LIMITS, type RunLimits } from './run-parts.ts';
import type { Run, RunListener, Runner, RunSpec } from './runner.ts';
import { sandboxOptions } from './sandbox.ts';
import { sandboxProblem } from './sandbox-check.ts';
import { openScratch, removeScratch, scratchOwners } from './scratch.ts';
import { seeServersAbove } from './servers-above.ts';
import { shellOf } from './shell.ts';
import { checkIds, checkProgram } from './start-checks.ts';
import { startNotices } from './start-notices.ts';
import { rename } from './title.ts';
import { isTrusted } from './trust-record.ts';
import { areInPlace, realDirectoryOf, worksIn } from './working-directory.ts';

export type ClaudeRunnerOptions = {
  /** The server's environment. A session gets the part of it that `childEnvironment` selects. */
  readonly environment: Environment;
  /** The names of further variables that the operator passes on. */
  readonly named?: readonly string[];
  /** The Claude Code to run, instead of the one that the Agent SDK brings. */
  readonly claudePath?: string;
  /** Each session gets a folder below it for temporary files. */
  readonly scratchDirectory: string;
  /** The server's own, which commands in the sandbox do not see. */
  readonly stateDirectory: string;
  /** The server's own files, which no session may read: absolute paths, `*` for anything in a name. */
  readonly secretFiles: readonly string[];
  /** The operator's, of which a session gets those that its options name. */
  readonly mcpServers: McpServers;
  readonly processes: Processes;
  readonly guarding: () => Guarding;
  readonly newId: () => string;
  /** Removes credentials from everything that Claude says or asks for. */
  readonly redactor: Redactor;
  readonly log: Logger;
  readonly limits?: RunLimits;
};

/** A runner whose sessions are real Claude Code processes. */
export function createClaudeRunner(options: ClaudeRunnerOptions): Runner {
  let ready: Promise<Context> | undefined;
  return {
    start: async (spec, listener) => {
      // Once, unless it fails: what is missing now (a file descriptor) may be available at the next start.
      ready ??= prepare(options).catch((error: unknown) => {
        ready = undefined;
        throw error;
      });
      return await start(await ready, spec, listener);
    },
    trusts: (directory) => isTrusted(directory, options.environment),
    sandboxProblem: () => sandboxProblem(options.environment),
    rename,
    kept: () => scratchOwners(options.scratchDirectory),
    discard: (uuid) => removeScratch(options.scratchDirectory, uuid),
  };
}

type Context = Omit<ClaudeRunnerOptions, 'guarding'> &
  LaunchContext & {
    /** Added to the environment of every session. */
    readonly shell: Environment;
  };

/** At the first start and not earlier: the SDK takes longer to load than the rest of the program. */
async function prepare(options: ClaudeRunnerOptions): Promise<Context> {
  const sdk = await import('@anthropic-ai/claude-agent-sdk').catch((error: unknown) => {
    throw spawnError(error);
  });
  const guarding = options.guarding();
  const { directory, finder } = options.processes;
  const shell = finder.system === 'linux' ? {} : shellOf(options.environment, directory);
  return { ...options, guarding, shell, query: sdk.query };
}

async function start(context: Context, spec: RunSpec, listener: RunListener): Promise<Run> {
  checkIds(spec);
  const soon: Soon = (look) => inTime(look, LOOK_MS_MAX, spec.signal);
  const [options] = await Promise.all([
    optionsOf(spec, soon),
    context.claudePath === undefined ? undefined : soon(checkProgram(context.claudePath)),
  ]);
  try {
    return await startIn(context, { spec, listener, options, soon });
  } catch (error) {
    // Nothing of it is left.
    context.guarding.forget(spec.marker);
    throw isOutOfMeans(error) ? spawnError(error) : error;
  }
}

type Starting = {
  readonly spec: RunSpec;
  readonly listener: RunListener;
  readonly options: Awaited<ReturnType<typeof optionsOf>>;
  readonly soon: Soon;
};

async function startIn(
  context: Context,
  { spec, listener, options, soon }: Starting,
): Promise<Run> {
  const { workingDirectory: directory, additionalDirectories: additional, settings } = options;
  const temporaryDirectory = await openScratch(context.scratchDirectory, spec.uuid);
  const own = { marker: spec.marker, temporaryDirectory, named: context.named, level: settings };
  const environment = { ...childEnvironment(context.environment, own), ...context.shell };
  const conversation = new Conversation(spec, environment);
  const places = placesOf([directory, ...additional], environment);
  const failed = notChecked(context, spec);
  const [{ grown, resumeOptions }, guards, instructions, above, sandbox] = await Promise.all([
    soon(lookedAt(conversation)),
    soon(
      seeGuards({
        options,
        uuid: spec.uuid,
        places,
        environment,
        files: context.secretFiles,
        failed,
      }),
    ),
    soon(seeInstructions(settings, directory)),
    soon(seeServersAbove(directory, spec.untrustedAbove)),
    soon(sandboxOptions(options, environment, { ...own, ...context, places, uuid: spec.uuid })),
    context.guarding.watch(spec.marker),
  ]);
  const readOutput = await outputReaderFor(spec, context.redactor);
  const isAsStarted = async (pid: number) =>
    (await worksIn(pid, directory)) &&
    (await instructions.isUnchanged()) &&
    (await above.isUnchanged());
  const { servers, missing } = chosenServers(context.mcpServers, options);
  const run = new ClaudeRun({
    spec,
    listener,
    places,
    rules: guards.rules,
    resumed: 'resume' in resumeOptions,
    mcpServers: [...servers.keys()],
    isCurrent: async (pid) => {
      const looks = [isAsStarted(pid), areInPlace(additional)];
      const prompts = await conversation.promptsOfOthers();
      return prompts === grown && (await Promise.all(looks)).every(Boolean);
    },
    checkKept: () => conversation.checkKept(),
    killTree: context.guarding.killTree,
    finder: context.processes.finder,
    isInPlace: (pid) => inTime(isAsStarted(pid), LOOK_MS_MAX).catch(() => false),
    commands: new Commands(settings),
    launch: (input, { canUseTool, onElicitation, beforeTool, apply, ...gate }) =>
      launch(context, input, gate, {
        ...claudeOptions(options, guards.rules, {
          excludes: instructions.excludes,
          servers: above.left.map(({ name }) => name),
        }),
        ...sandbox,
        ...resumeOptions,
        outputFormat: spec.outputSchema && { type: 'json_schema', schema: spec.outputSchema },
        mcpServers: Object.fromEntries(servers),
        env: environment,
        hooks: guards.hooks({ beforeTool, apply }),
        // In this mode nobody is asked. Claude Code must not think that somebody could be.
        ...(spec.options.permissionMode === 'dontAsk' ? {} : { canUseTool, onElicitation }),
      }),
    readOutput,
    newId: context.newId,
    redactor: context.redactor,
    log: context.log,
    limits: context.limits ?? RUN_LIMITS,
  });
  await run.ready();
  const isLost = spec.past === 'tried' && !('resume' in resumeOptions);
  for (const text of startNotices({ missing, left: above.left, grown, isLost })) run.notice(text);
  return run;
}

type Soon = <T>(look: Promise<T>) => Promise<T>;

/** The options with real paths, and the trust level in force. */
async function optionsOf({ options }: RunSpec, soon: Soon) {
  const { workingDirectory, additionalDirectories = [], settings = 'none' } = options;
  const further = additionalDirectories.map((path) =>
    realDirectoryOf(path, 'additional directory'),
  );
  const [directory, ...additional] = await Promise.all([
    soon(realDirectoryOf(workingDirectory)),
    ...further.map(soon),
  ]);
  // The level was decided for the path that was given. What has taken its place since has not been looked at.
  if (settings !== 'none' && directory !== workingDirectory) throw startError('moved');
  return { ...options, workingDirectory: directory, additionalDirectories: additional, settings };
}

/** The validator is loaded only if there is a schema. */
async function outputReaderFor({ outputSchema }: RunSpec, redactor: Redactor) {
  if (outputSchema === undefined) return undefined;
  return (await import('./structured-output.ts')).outputReader(outputSchema, redactor);
}

async function lookedAt(conversation: Conversation) {
  const grown = await conversation.promptsOfOthers();
  return { grown, resumeOptions: await conversation.resumeOptions() };
}

function notChecked({ log }: Context, { uuid }: RunSpec): (error: unknown) => void {
  const sessionId = `${SESSION_ID_PREFIX}${uuid}`;
  return (err) => log.error({ sessionId, err }, 'tool refused, failed to check its files');
}
