import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCommandLine } from '../../src/command-line.ts';
import { COMMAND_FLAG_NAMES } from '../../src/commands.ts';
import { SETTING_LIST } from '../../src/settings.ts';
import { TOOLS } from '../../src/tools/index.ts';
import { ROOT } from '../support/client/program.ts';
import { blocksOf, PAGES, page } from './markdown.ts';

const { scripts }: { scripts: Record<string, string> } = JSON.parse(page('package.json'));

/** Flags of npm, Claude Code and the Inspector. */
const FOREIGN_FLAGS = ['header', 'prefix', 'scope', 'server-url', 'silent'];

/** The ways to start the program on the pages; the rest of the line is ours. */
const STARTS = [
  /^claude-sessions-mcp\b/,
  /^npm --silent --prefix \S+ start(?: --(?= )|$)/,
  /^npx -y claude-sessions-mcp\b/,
];

/** A function of the shell, under the name that the pages and the program use. */
const FUNCTION = /^function claude-sessions-mcp \{ (.* )"\$@"; \}$/;

/** What is wrong with a command of a page; undefined if it can be typed as it stands. */
function problemOf(command: string): string | undefined {
  const [, body] = FUNCTION.exec(command) ?? [];
  if (body !== undefined) return problemOf(body);
  const start = STARTS.find((pattern) => pattern.test(command));
  if (start !== undefined) return refusalOf(wordsOf(command.replace(start, '')));
  const [client = '', server] = command.split(/ -- (?=np[mx] )/);
  const isClient = /^(claude mcp add|npx @modelcontextprotocol\/inspector) /.test(client);
  if (isClient && server !== undefined) return problemOf(server);
  const [program, ...words] = command.split(' ');
  if (program === 'npm') return scriptProblem(words[0] === 'run' ? words.slice(1) : words);
  return /^jq -c '.*'$/.test(command) ? undefined : 'unknown command';
}

/** As a shell takes a line apart. */
function wordsOf(line: string): string[] {
  return (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''));
}

function refusalOf(words: readonly string[]): string | undefined {
  try {
    readCommandLine(words.filter((word) => word !== '2>&1'));
  } catch (error) {
    return String(error);
  }
  return undefined;
}

function scriptProblem([script = '', ...words]: readonly string[]): string | undefined {
  if (script === 'ci') return undefined;
  const main = scripts[script]?.split(' ').find((word) => word.endsWith('main.ts'));
  if (scripts[script] === undefined) return `no script ${script}`;
  const flags = words.filter((word) => /^--\w/.test(word)).map((word) => word.slice(2));
  const source = main === undefined ? '' : readFileSync(join(ROOT, main), 'utf8');
  const unknown = flags.find((flag) => !source.includes(`${flag}: {`));
  return unknown === undefined ? undefined : `${script} has no --${unknown}`;
}

/** The commands in the code blocks of a page: those of its scripts, and those typed on its screens. */
function commandsOf(text: string): string[] {
  const typed = blocksOf(text, '').flatMap((block) => block.match(/(?<=^\$ ).*$/gm) ?? []);
  const lines = blocksOf(text, 'sh').flatMap((block) => block.trim().split('\n'));
  return [...typed, ...lines]
    .map((line) => line.replace(/\s+#.*$/, ''))
    .flatMap((line) => line.split(/ && | \| /));
}

describe.each(PAGES)('%s', (name) => {
  const text = page(name);

  test('has only commands that exist, with flags that they take', () => {
    const problems = commandsOf(text).map((command) => [command, problemOf(command)]);
    expect(problems.filter(([, problem]) => problem !== undefined)).toEqual([]);
  });

  test('names only scripts, test files, flags and tools that exist', () => {
    for (const [, script = ''] of text.matchAll(/npm run (?:--silent )?([a-z:-]+)/g)) {
      expect(Object.keys(scripts)).toContain(script);
    }
    for (const [, file = ''] of text.matchAll(
      /`(?:[^`]* )?((?:test|src|bench)\/[\w./-]+)[^`]*`/g,
    )) {
      expect(existsSync(join(ROOT, file)) || file === 'bench/results.json', file).toBe(true);
    }
    const known = [
      ...SETTING_LIST.map(({ flag }) => flag),
      ...COMMAND_FLAG_NAMES,
      ...FOREIGN_FLAGS,
      'help',
    ];
    const prose = text.replace(/^```\w*\n[\s\S]*?^```$/gm, '');
    for (const [, flag = ''] of prose.matchAll(/`[^`]*?--([a-z][a-z-]+)/g)) {
      expect(known).toContain(flag);
    }
    for (const [, tool = ''] of prose.matchAll(
      /`((?:[a-z]+)_(?:sessions?|prompt|events|task))`/g,
    )) {
      expect([...TOOLS.map(({ name: own }) => own), 'delegate_task', 'review_session']).toContain(
        tool,
      );
    }
  });
});

test.each([
  ['claude-sessions-mcp lsit', 'lsit'],
  ['claude-sessions-mcp list --after 3', 'after'],
  ['claude mcp add x -- npm --silent --prefix /x start -- --prot 1', 'prot'],
  ['npm run benhc', 'no script benhc'],
  ['npm run bench -- --speed', 'has no --speed'],
  ['curl x', 'unknown command'],
])('a command that does not exist is found: %s', (command, problem) => {
  expect(problemOf(command)).toContain(problem);
});
