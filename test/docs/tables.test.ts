import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMAND_NAMES, specOf, synopsisOf } from '../../src/commands.ts';
import * as connectionLimits from '../../src/connection-limits.ts';
import * as callLimits from '../../src/limits.ts';
import * as processLimits from '../../src/process-limits.ts';
import { PROMPTS } from '../../src/prompts/index.ts';
import { METRICS, OF_SESSION } from '../../src/resources/index.ts';
import { CLAUDE_VERSION_MIN } from '../../src/runner/installation.ts';
import { NO_METRICS } from '../../src/session/metrics.ts';
import { SETTING_LIST } from '../../src/settings.ts';
import { Prometheus } from '../../src/telemetry/prometheus.ts';
import { TOOLS } from '../../src/tools/index.ts';
import { ROOT } from '../support/client/program.ts';
import { firstCells, PAGES, page, rowsOf, sectionOf } from './markdown.ts';

const readme = page('README.md');
const operating = page('docs/operating.md');

/** As people write it. */
const count = (value: number) => value.toLocaleString('en-US');
const bytes = (value: number) =>
  value % 2 ** 20 === 0 ? `${value / 2 ** 20} MiB` : `${value / 2 ** 10} KiB`;
const seconds = (ms: number) => `${ms / 1000} s`;
const minutes = (ms: number) => `${ms / 60_000} minute${ms === 60_000 ? '' : 's'}`;

test.each(PAGES)('%s links only to files and headings that exist', (name) => {
  const links = page(name).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g);
  for (const [, to = '', anchor] of links) {
    const path = to === '' ? name : join(dirname(name), to);
    expect(existsSync(join(ROOT, path)), path).toBe(true);
    if (anchor === undefined) continue;
    const headings = [...page(path).matchAll(/^#+ (.*)$/gm)].map(([, text = '']) => text);
    expect(headings.map((text) => text.toLowerCase().replaceAll(' ', '-'))).toContain(anchor);
  }
});

test('the map of the code names only files that exist', () => {
  const paths = [...page('src/README.md').matchAll(/`((?:[a-z-]+\/)+[\w-]+\.ts)`/g)];
  const exists = (path = '') => existsSync(join(ROOT, 'src', path)) || existsSync(join(ROOT, path));
  expect(paths.map(([, path]) => path).filter((path) => !exists(path))).toEqual([]);
  expect(paths.length).toBeGreaterThan(10);
});

describe('the README lists', () => {
  test('every tool, resource and prompt, in the order of their lists', () => {
    expect(firstCells(readme, 'Tools')).toEqual(TOOLS.map(({ name }) => name));
    const templates = Object.values(OF_SESSION).map(({ uriTemplate }) => uriTemplate);
    const prompts = PROMPTS.map(({ name }) => name);
    const cells = firstCells(readme, 'Resources and prompts');
    expect(cells).toEqual([METRICS.uri, ...templates, ...prompts]);
  });

  test('every setting, with its value and its default, and whether it is repeatable', () => {
    const rows = rowsOf(sectionOf(readme, 'Settings'));
    expect(rows.map(([flag]) => flag)).toEqual(
      SETTING_LIST.map(({ flag, value }) => `\`--${[flag, value].filter(Boolean).join(' ')}\``),
    );
    for (const [at, { flag, schema, separator }] of SETTING_LIST.entries()) {
      const [, shown = '', means = ''] = rows[at] ?? [];
      const value = schema.parse(undefined);
      if (value === false) expect(shown, flag).toBe('off');
      else if (typeof value === 'number') expect(shown.replaceAll(',', '')).toBe(String(value));
      else if (typeof value === 'string') expect(shown).toBe(`\`${value}\``);
      expect(means.endsWith('; repeatable'), flag).toBe(separator !== undefined);
    }
  });

  test('and docs/terminal.md every command for people, with the flags that it takes', () => {
    const terminal = page('docs/terminal.md');
    const rows = rowsOf(terminal.split('\n## ')[0] ?? '');
    const people = COMMAND_NAMES.filter((name) => name !== 'stdio' && name !== 'http');
    const words = people.map(synopsisOf);
    expect(rows.map(([word]) => word)).toEqual(words.map((word) => `\`${word}\``));
    for (const [at, [, does = '']] of rows.entries()) {
      const named = [...does.matchAll(/`--([a-z-]+)`/g)].map(([, flag]) => flag);
      const own = specOf(people[at] ?? 'list').flags.filter((flag) => flag !== 'json');
      expect(named).toEqual(own);
    }
    const shown = [...terminal.matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
    const looks = people.filter((name) => specOf(name).group === 'look' || name === 'doctor');
    expect(looks).toEqual(shown);
  });

  test('mcp.json as it is, with the directory and the key', () => {
    const [, shown = ''] = /```json\n([\s\S]*?)```/.exec(readme) ?? [];
    const { args, ...entry } = JSON.parse(shown).mcpServers['claude-sessions'];
    const shipped = JSON.parse(page('mcp.json')).mcpServers['claude-sessions'];
    expect(entry.command).toBe(shipped.command);
    const own = args.filter((word: string) => word !== '--prefix' && word !== 'PATH_TO');
    expect(own).toEqual(shipped.args);
  });
});

test('the contributors’ page lists every script', () => {
  const { scripts } = JSON.parse(page('package.json'));
  const own = Object.keys(scripts).filter((name) => !['prepack', 'start', 'lint'].includes(name));
  const named = firstCells(page('docs/contributing.md'), 'Commands');
  expect(named.map((command) => command.replace(/^npm (?:run )?/, '')).sort()).toEqual(own.sort());
});

test('the table of metrics lists those that are served, with their types', async () => {
  const state = { totals: NO_METRICS, liveProcesses: 0, maxLive: 1 };
  const text = await new Prometheus('1.2.3').text(state);
  const ours = [...text.matchAll(/^# TYPE (claude_sessions_\w+) (\w+)$/gm)];
  const rows = rowsOf(sectionOf(page('docs/observability.md'), 'Metrics'));
  const named = rows.map(([name = '', type]) => [name.replaceAll('`', ''), type]);
  expect(named.toSorted()).toEqual(ours.map(([, name, type]) => [name, type]).toSorted());
});

const limits = { ...callLimits, ...processLimits, ...connectionLimits };

describe('the limits', () => {
  test('of sessions are those of the program', () => {
    const [summary, full] = [limits.REPLY_SUMMARY_MAX.bytesMax, limits.REPLY_FULL_BYTES_MAX];
    expect(rowsOf(sectionOf(operating, 'Limits'))).toEqual([
      ['one wait', seconds(limits.WAIT_MS_MAX)],
      ['one prompt', bytes(limits.PROMPT_BYTES_MAX)],
      ['queued prompts per session', count(limits.QUEUED_PROMPTS_MAX)],
      ['open permission requests per session', count(limits.PENDING_PERMISSIONS_MAX)],
      ['tasks per session', count(limits.TASKS_PER_SESSION_MAX)],
      ['labels per session', count(limits.LABELS_MAX)],
      [
        'agents per session',
        `${count(limits.AGENTS_MAX)}, together ${bytes(limits.AGENTS_BYTES_MAX)}`,
      ],
      ["domains of a session's sandbox", count(limits.SANDBOX_DOMAINS_MAX)],
      ['remembered answers per session', count(limits.REMEMBERED_PERMISSIONS_MAX)],
      ['sessions in one `wait_sessions`', count(limits.WAIT_SESSIONS_MAX)],
      [
        'one reply of `read_events`',
        `${bytes(summary)}; with \`detail\` \`full\`, ${bytes(full)} or one event`,
      ],
      [
        'the stored result of a turn',
        `${bytes(limits.TURN_RESULT_BYTES_MAX)}; the log has the whole text`,
      ],
    ]);
  });

  test('of HTTP are those of the program', () => {
    const [rates, ...sizes] = sectionOf(operating, 'Over HTTP').split('\n| what | limit |\n');
    expect(rowsOf(rates ?? '').map(([, limit]) => limit)).toEqual([
      "`--rate-limit` per second, in bursts of ten seconds' worth",
      `${limits.HTTP_SESSIONS_PER_PRINCIPAL_MAX}, of ${count(limits.HTTP_SESSIONS_MAX)} in all`,
      count(limits.HTTP_EXCHANGES_PER_PRINCIPAL_MAX),
      '`--max-sessions-per-principal`',
    ]);
    expect(limits.HTTP_BURST_SECONDS).toBe(10);
    const levels = limits.MESSAGE_DEPTH_MAX;
    const elements = count(limits.MESSAGE_ELEMENTS_MAX);
    const replay = limits.HTTP_REPLAY_SESSION_EVENTS_MAX;
    const unused = minutes(limits.HTTP_SESSION_UNUSED_MS);
    expect(rowsOf(sizes.join('')).map(([, limit]) => limit)).toEqual([
      `${bytes(limits.MESSAGE_BYTES_MAX)}, ${levels} levels, ${elements} elements`,
      bytes(limits.HTTP_BODIES_BYTES_MAX),
      `${bytes(limits.HTTP_HEADER_BYTES_MAX)}, complete within ${seconds(limits.HTTP_TIMES.headersMs)}`,
      `complete within ${seconds(limits.HTTP_TIMES.requestMs)}`,
      `ends after ${minutes(limits.HTTP_SESSION_IDLE_MS)}; after ${unused} if nothing followed \`initialize\``,
      `is disconnected after ${seconds(limits.HTTP_STALL_MS_MAX)}`,
      `the newest ${replay} of an MCP session, at most ${bytes(limits.HTTP_REPLAY_SESSION_BYTES_MAX)}`,
      `${limits.HTTP_AUTH_FAILURES_PER_MINUTE} per minute, then 429`,
    ]);
  });

  test('in the prose are those of the program', () => {
    const lease = seconds(limits.LEASE_TIMES.leaseMs);
    const { engines } = JSON.parse(page('package.json'));
    const [node22, node24] = engines.node.match(/\d[\d.]+/g);
    for (const [text, words] of [
      [readme, `version ${CLAUDE_VERSION_MIN} or later`],
      [page('docs/clients.md'), `Node ${node22} or a later 22.x, or Node ${node24} or later`],
      [readme, `(up to ${seconds(limits.ORDER_MS_MAX)} if`],
      [readme, `at most ${count(limits.WAIT_MS_MAX)}, because`],
      [readme, `parts of at most ${bytes(limits.RESOURCE_BYTES_MAX)}`],
      [operating, `expires, after at most ${lease}`],
      [operating, `unresponsive for ${lease}`],
      [operating, `At most ${limits.STDIO_REQUESTS_MAX} requests may be in progress`],
      [operating, `has ${seconds(limits.STDIO_LAST_ANSWERS_MS_MAX)} to read its answers`],
      [operating, `remain valid for ${seconds(limits.TOKEN_FILE_GRACE_MS)}`],
      [operating, `regular file of at most ${bytes(limits.TOKEN_FILE_BYTES_MAX)}`],
      [operating, `after about ${seconds(limits.STOP_MS_MAX)}`],
    ] as const) {
      expect(text.replaceAll('\n', ' ')).toContain(words);
    }
    for (const [text, words, ms] of [
      [readme, 'cleans up within a second', limits.SWEEP_MS],
      [readme, 'at most once a second', limits.NOTIFY_MS],
      [readme, 'for up to an hour', limits.BACKGROUND_HOLD_MS_MAX / 3600],
      [operating, 'cleans up within a second', limits.SWEEP_MS],
      [operating, 'in progress have one second', limits.CLOSE_ANSWERS_MS_MAX],
      [operating, 'written nothing for a minute', limits.SILENT_MS_MIN / 60],
      [operating, 'After ten minutes', limits.TURN_QUIET_MS / 600],
    ] as const) {
      expect(text.replaceAll('\n', ' ')).toContain(words);
      expect(ms, words).toBe(1000);
    }
  });
});
