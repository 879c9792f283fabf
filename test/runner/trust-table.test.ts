/**
 * What Claude Code loads from where: the facts that our trust levels rest on. If a new version of the Agent SDK changes one
 * of them, look at `trust-level.ts` before you change a line here.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Options, query } from '@anthropic-ai/claude-agent-sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { levelVariables, sourcesOf } from '../../src/runner/trust-level.ts';
import { isolatedEnvironment } from '../support/claude-env.ts';
import {
  EVENTS,
  MARKED_MODEL,
  MarkedRepository,
  PRINT_VARIABLES,
  wordsIn,
} from '../support/marked-repository.ts';
import { type MessagesApi, script, startMessagesApi } from '../support/messages-api.ts';

/** A way to start Claude Code in the repository. */
type Column = {
  readonly options: (repository: string) => Options;
  readonly isTrusted: boolean;
  readonly env?: Record<string, string>;
};

const level = (name: Parameters<typeof sourcesOf>[0]): Column => ({
  options: (repository) => sourcesOf(name, repository),
  isTrusted: true,
  env: levelVariables(name),
});

const sources = (...settingSources: NonNullable<Options['settingSources']>): Column => ({
  options: () => ({ settingSources, strictMcpConfig: false }),
  isTrusted: true,
});

const COLUMNS: Readonly<Record<string, Column>> = {
  none: level('none'),
  memory: level('memory'),
  project: level('project'),
  user: level('user'),
  // Not ours. They show why a level is as it is.
  'project without a record': { ...sources('project'), isTrusted: false },
  'project without its trust': {
    ...sources('project'),
    env: { CLAUDE_CODE_IGNORE_PERSISTED_TRUST: '1' },
  },
  'local settings alone': sources('local'),
  "the user's settings alone": sources('user'),
};

/** In the order of the columns. */
const TABLE = `
  claude-md             - + + + + + - -
  dot-claude-md         - + + + + + - -
  rule                  - + + + + + - -
  imported              - + + + + + - -
  outside               - - - - - - - -
  home                  - - - - - - - -
  above                 - - + + + + - -
  nested                - - + + + + - -
  rule-of-paths         - - + + + + - -
  local-md              - - + + - - + -
  agents-md             - - - - - - - -
  user-md               - - - + - - - +
  repository-skill      - - + + + + - -
  repository-command    - - + + + + - -
  repository-agent      - - + + + + - -
  user-skill            - - - + - - - +
  user-command          - - - + - - - +
  user-agent            - - - + - - - +
  style                 - - + + + + - -
  model                 - - + + + + - -
  hooks-of-repository   - - + + + - - -
  hooks-of-local        - - + + - - + -
  hooks-of-user         - - - + - - - +
  env-of-repository     - - + + + - - -
  env-of-local          - - + + - - + -
  env-of-user           - - - + - - - +
  foreign-server        - - + + + - - -
  helper                - - + + + - - -
  allow-rule            - - + + - - - -
  server                - - + + + - - -
  user-server           - - - + - - - +
  status-line           - - - - - - - -
  mode                  - - - - - - - -
`;

const ROWS = TABLE.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));

let own: MessagesApi;
let foreign: MessagesApi;

beforeAll(async () => {
  [own, foreign] = await Promise.all([startMessagesApi(), startMessagesApi()]);
});
afterAll(() => Promise.all([own.close(), foreign.close()]));

test.each(Object.entries(COLUMNS).map(([name, column], at) => ({ name, column, at })))(
  'what takes effect: $name',
  { timeout: 60_000 },
  async ({ column, at }) => {
    const expected = ROWS.flatMap(([feature, ...cells]) => (cells[at] === '+' ? [feature] : []));
    expect(await effectsOf(column)).toEqual(expected.sort());
  },
);

async function effectsOf({ options, isTrusted, env }: Column): Promise<readonly string[]> {
  const isolated = await isolatedEnvironment(own.url);
  try {
    const [above, marks] = ['above', 'marks'].map((name) => join(isolated.directory, name));
    await Promise.all([above, marks].map((folder) => mkdir(folder ?? '')));
    const repository = new MarkedRepository({
      above: above ?? '',
      marks: marks ?? '',
      home: isolated.env.HOME ?? '',
      config: isolated.env.CLAUDE_CONFIG_DIR ?? '',
      foreignUrl: foreign.url,
    });
    repository.record(isTrusted);
    const before = { own: own.requests.length, foreign: foreign.requests.length };
    const seen = await turnIn(repository.path, {
      ...options(repository.path),
      env: { ...isolated.env, CLAUDE_CODE_MAX_RETRIES: '1', ...env },
    });
    const toForeign = foreign.requests.slice(before.foreign);
    const requests = [...own.requests.slice(before.own), ...toForeign];
    const words = wordsIn(requests.map(({ body }) => body));
    const touched = allOfHooks(await repository.touched());
    const more = toForeign.length > 0 ? ['foreign-server'] : [];
    return [...new Set([...words, ...touched, ...seen, ...more])].sort();
  } finally {
    await isolated.remove();
  }
}

/** One name for the hooks of one file if all of them have run. */
function allOfHooks(touched: readonly string[]): readonly string[] {
  const files = ['repository', 'local', 'user'];
  const hooksOf = (of: string) => EVENTS.map((event) => `hook-${of}-${event}`);
  const complete = files.filter((of) => hooksOf(of).every((hook) => touched.includes(hook)));
  const covered = new Set(complete.flatMap(hooksOf));
  return [
    ...touched.filter((name) => !covered.has(name)),
    ...complete.map((of) => `hooks-of-${of}`),
  ];
}

/** One turn that would meet everything; what it shows outside of requests and files. */
async function turnIn(cwd: string, options: Options): Promise<string[]> {
  const asked: string[] = [];
  const printed: string[] = [];
  const settings: string[] = [];
  const prompt = script([
    { tool: 'Read', input: { file_path: join(cwd, 'nested', 'file.txt') } },
    { tool: 'Bash', input: { command: PRINT_VARIABLES } },
    { tool: 'Bash', input: { command: 'touch by-rule' } },
    { text: 'end' },
  ]);
  const running = query({
    prompt,
    options: {
      cwd,
      permissionMode: 'default',
      canUseTool: async (_tool, input) => {
        asked.push(String(input.command));
        return { behavior: 'allow', updatedInput: input };
      },
      ...options,
    },
  });
  for await (const message of running) {
    if (message.type === 'user') printed.push(JSON.stringify(message.message.content));
    if (message.type !== 'system' || message.subtype !== 'init') continue;
    if (message.model === MARKED_MODEL) settings.push('model');
    if (message.permissionMode !== 'default') settings.push('mode');
  }
  const variables = /"(\w* \w* \w*)\."/.exec(printed.join())?.[1]?.split(' ') ?? [];
  return [
    ...settings,
    ...variables.filter(Boolean).map((of) => `env-of-${of}`),
    ...(asked.includes('touch by-rule') ? [] : ['allow-rule']),
  ];
}
