import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMAND_NAMES, specOf } from '../../src/commands.ts';
import * as limits from '../../src/limits.ts';
import { NO_METRICS } from '../../src/session/metrics.ts';
import { Prometheus } from '../../src/telemetry/prometheus.ts';
import { ROOT } from '../support/client/program.ts';
import { page, rowsOf, sectionOf } from './markdown.ts';

const PAGES = [
  'README.md',
  'docs/benchmarks.md',
  'docs/clients.md',
  'docs/contributing.md',
  'docs/observability.md',
  'docs/operating.md',
  'docs/terminal.md',
];

const [SECOND, MINUTE] = [1000, 60_000];

/** As people write it. */
const count = (value: number) => value.toLocaleString('en-US');
const bytes = (value: number) =>
  value % 2 ** 20 === 0 ? `${value / 2 ** 20} MiB` : `${value / 2 ** 10} KiB`;

describe('the pages', () => {
  test('name no file and no heading of ours that is not there', () => {
    for (const name of PAGES) {
      const links = [...page(name).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
      for (const [, to = '', anchor] of links) {
        const path = to === '' ? name : join(dirname(name), to);
        expect(existsSync(join(ROOT, path)), `${name}: ${path}`).toBe(true);
        const headings = page(path).matchAll(/^#+ (.*)$/gm);
        const anchors = [...headings].map(([, text = '']) =>
          text.toLowerCase().replaceAll(' ', '-'),
        );
        if (anchor !== undefined) expect(anchors, `${name}: #${anchor}`).toContain(anchor);
      }
    }
  });

  test('the commands of the contributors’ page are those of package.json', () => {
    const rows = rowsOf(sectionOf(page('docs/contributing.md'), 'Commands'));
    const named = rows.map(([command = '']) => command.replace(/^`npm (?:run )?|`$/g, ''));
    const { scripts } = JSON.parse(page('package.json'));
    const own = Object.keys(scripts).filter((name) => !['prepack', 'start', 'lint'].includes(name));
    expect(named.sort()).toEqual(own.sort());
  });
});

test('the commands of the README are those of the program, with flags that they take', () => {
  const rows = rowsOf(sectionOf(page('README.md'), 'In a terminal'));
  const people = COMMAND_NAMES.filter((name) => name !== 'stdio' && name !== 'http');
  const words = people.map((name) => [name, specOf(name).operand].filter(Boolean).join(' '));
  expect(rows.map(([word]) => word)).toEqual(words.map((word) => `\`${word}\``));
  for (const [at, [, does = '']] of rows.entries()) {
    const named = [...does.matchAll(/`--([a-z-]+)`/g)].map(([, flag]) => flag);
    const own = specOf(people[at] ?? 'list').flags.filter((flag) => flag !== 'json');
    expect(named).toEqual(own);
  }
  const shown = [...page('docs/terminal.md').matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
  expect(people.filter((name) => name !== 'end' && name !== 'backup')).toEqual(shown);
});

test('the figures of the page for those who watch are the figures there are, with their types', async () => {
  const state = { totals: NO_METRICS, liveProcesses: 0, maxLive: 1 };
  const text = await new Prometheus('1.2.3').text(state);
  const ours = [...text.matchAll(/^# TYPE (claude_sessions_\w+) (\w+)$/gm)];
  const rows = rowsOf(sectionOf(page('docs/observability.md'), 'Figures'));
  const named = rows.map(([name = '', type]) => [name.replaceAll('`', ''), type]);
  expect(named.toSorted()).toEqual(ours.map(([, name, type]) => [name, type]).toSorted());
});

describe('the limits', () => {
  test('of the README are those of the program', () => {
    expect(rowsOf(sectionOf(page('README.md'), 'Limits'))).toEqual([
      ['one wait', `${limits.WAIT_MS_MAX / SECOND} s`],
      ['one prompt', bytes(limits.PROMPT_BYTES_MAX)],
      ['prompts that wait in one session', count(limits.QUEUED_PROMPTS_MAX)],
      ['permission requests open in one session', count(limits.PENDING_PERMISSIONS_MAX)],
      ['tasks of one session', count(limits.TASKS_PER_SESSION_MAX)],
      ['labels of one session', count(limits.LABELS_MAX)],
      ['answers remembered in one session', count(limits.REMEMBERED_PERMISSIONS_MAX)],
      ['sessions in one `wait_sessions`', count(limits.WAIT_SESSIONS_MAX)],
      [
        'a reply of `read_events`',
        `${bytes(limits.REPLY_SUMMARY_BYTES_MAX)}; ${bytes(limits.REPLY_FULL_BYTES_MAX)} with \`detail\` \`full\`, or one event`,
      ],
      [
        'the result of a turn, as kept',
        `${bytes(limits.TURN_RESULT_BYTES_MAX)}; the log has all of it`,
      ],
    ]);
  });

  const http = sectionOf(page('docs/operating.md'), 'Over HTTP').replaceAll('\n', ' ');

  test.each([
    `| ${limits.HTTP_SESSIONS_PER_PRINCIPAL_MAX}, of ${count(limits.HTTP_SESSIONS_MAX)} in all |`,
    `| ${count(limits.HTTP_EXCHANGES_PER_PRINCIPAL_MAX)} | 429 |`,
    `A message may have ${bytes(limits.MESSAGE_BYTES_MAX)}, ${2 * limits.TOOL_INPUT_DEPTH_MAX} levels and ${count(4 * limits.TOOL_INPUT_ELEMENTS_MAX)} elements`,
    `headers ${bytes(limits.HTTP_HEADER_BYTES_MAX)}`,
    `come in at once may hold ${bytes(limits.HTTP_BODIES_BYTES_MAX)}`,
    `headers must be complete after ${limits.HTTP_TIMES.headersMs / SECOND} s`,
    `a request after ${limits.HTTP_TIMES.requestMs / SECOND} s`,
    `ends after ${limits.HTTP_SESSION_IDLE_MS / MINUTE} minutes`,
    `the newest ${limits.HTTP_REPLAY_SESSION_EVENTS_MAX} events or ${bytes(limits.HTTP_REPLAY_SESSION_BYTES_MAX)}`,
    `sends ${limits.HTTP_AUTH_FAILURES_PER_MINUTE} requests a minute`,
  ])('of HTTP are those of the program: %s', (words) => {
    expect(http).toContain(words);
  });

  test('of stdio are those of the program', () => {
    const stdio = sectionOf(page('docs/operating.md'), 'Over stdio');
    expect(stdio).toContain(`${limits.STDIO_REQUESTS_MAX} requests may be under way at once`);
    expect(stdio).toContain(`${limits.STDIO_LAST_ANSWERS_MS_MAX / SECOND} s to take its answers`);
    expect(limits.CLOSE_ANSWERS_MS_MAX).toBe(SECOND);
  });

  test('that HTTP says in words are those of the program', () => {
    expect([limits.HTTP_STALL_MS_MAX, limits.HTTP_SESSION_UNUSED_MS]).toEqual([MINUTE, MINUTE]);
    expect(limits.HTTP_BURST_SECONDS).toBe(10);
    expect(http).toContain("ten seconds' worth at once");
    expect(http).toContain('reads nothing for a minute');
    expect(http).toContain('after one if nothing followed `initialize`');
    expect(http).toContain(`stay good for ${limits.TOKEN_FILE_GRACE_MS / SECOND} s`);
    expect(http).toContain(`at most ${bytes(limits.TOKEN_FILE_BYTES_MAX)}`);
  });

  test('of time between servers are those of the program', () => {
    const servers = sectionOf(page('docs/operating.md'), 'Several servers');
    expect(servers).toContain(`stood still for ${limits.LEASE_TIMES.leaseMs / SECOND} s`);
    expect(servers).toContain(`after ${limits.LEASE_TIMES.leaseMs / SECOND} s at most`);
    expect(limits.SWEEP_MS).toBe(SECOND);
    expect(page('README.md')).toContain(
      `(${limits.ORDER_MS_MAX / SECOND} s where nothing else helps)`,
    );
  });
});
