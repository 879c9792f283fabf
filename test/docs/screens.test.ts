import { expect, test } from 'vitest';
import { runCommand } from '../../src/cli/cli.ts';
import { readSettings } from '../../src/config.ts';
import { NO_USAGE } from '../../src/session/usage.ts';
import { startWithClient } from '../support/harness.ts';
import { blocksOf, page, sectionOf } from './markdown.ts';

/** The fixed words of a screen: what the lines begin with, and for `metrics` also what the figures mean. */
const WORDS: Readonly<Record<string, RegExp>> = {
  list: /\b[A-Z]{4,}\b/g,
  show: /^[a-z]+(?= )/gm,
  tail: /(?<=^\d\d:\d\d:\d\d {2})[a-z]+/gm,
  metrics: /^[a-z]+(?= )|(?<=\d {2,}).*$/gm,
  doctor: /(?<=^(?:ok|warn|fail) +)\S.*?(?= {2})|(?<=database +)\w+/gm,
};

test('the screens of the page have the words that the commands print', async () => {
  const { harness, client } = await startWithClient();
  const made = { name: 'fix the test', taskId: 'SHOP-1042', prompt: 'go' };
  const { session } = await client.call('create_session', made);
  const run = await harness.running(session.id);
  run.output({ type: 'text', text: 'Reading.' });
  run.output({ type: 'tool_use', toolUseId: 't', name: 'Read', input: { file_path: 'x' } });
  run.output({ type: 'tool_result', toolUseId: 't', isError: false, text: '1' });
  run.finish({ usage: { ...NO_USAGE, inputTokens: 5, cacheReadTokens: 95 } });
  await client.call('wait_sessions', { sessionIds: [session.id] });

  for (const [command, words] of Object.entries(WORDS)) {
    const operands = { show: [session.id], tail: [session.id, '--no-follow'] }[command] ?? [];
    const { stateDir } = harness.settings;
    // As at a terminal of somebody who has logged in.
    const env = { ...process.env, SHELL: '/bin/sh', TERM: 'dumb' };
    const settings = readSettings([command, ...operands, '--state-dir', stateDir], env);
    const written: string[] = [];
    const write = async (text: string) => void written.push(text);
    const input = { isTerminal: false, line: async () => undefined, all: async () => '' };
    const note = () => {};
    const terminal = {
      columns: 80,
      rows: 24,
      hasColours: false,
      now: Date.now,
      write,
      note,
      input,
      fullScreen: () => ({
        left: new AbortController().signal,
        onResize: () => {},
        close: () => {},
      }),
    };
    await runCommand(settings.command as 'list', settings, terminal);
    const screen = written.join('');
    const wordsOf = (text: string) =>
      new Set(text.match(words)?.map((word) => word.replace(/\d+/g, '#')));
    const [shown = ''] = blocksOf(sectionOf(page('docs/terminal.md'), command), '');
    expect(
      [...wordsOf(shown)].filter((word) => !wordsOf(screen).has(word)),
      screen,
    ).toEqual([]);
  }
});
