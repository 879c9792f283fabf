import { describe, expect, test } from 'vitest';
import { UnfinishedTexts } from '../../src/service/unfinished.ts';
import { claimed, createIn, upTo } from '../store/fixtures.ts';
import { following } from './following.ts';
import { type Options, World } from './world.ts';

const ESC = '\u001b';
/** Moves up over lines and clears the screen from there. */
const up = (lines: number) => `${ESC}[${lines}A${ESC}[J`;
const MOVES = new RegExp(`${ESC}\\[\\d+A${ESC}\\[J`, 'g');
const MOVE_OR_LINE = new RegExp(`${ESC}\\[(\\d+)A${ESC}\\[J|[^\\n]*\\n`, 'g');

describe('what Claude is writing', () => {
  /** A turn under way, and the file in which its server shows what it writes. */
  async function writing(options: Options) {
    const world = new World();
    const store = await world.store();
    const id = await createIn(store, { prompts: ['p'] });
    const { fence } = await claimed(store, 'server');
    const texts = new UnfinishedTexts(world.stateDir, { debug: () => {} });
    const show = (text: string) => texts.show(id, { at: Date.now(), text });
    const say = async (text: string) => {
      texts.remove(id);
      await store.append(id, { type: 'record', said: [{ type: 'text', text }] }, { fence });
    };
    const tail = following(world, [id], options);
    const end = async () => {
      await store.append(id, { type: 'end', reason: 'enough' });
      return (await tail.over).output;
    };
    return { ...tail, show, say, end };
  }

  test('grows at the bottom of a terminal, and its event takes its place', async () => {
    const { until, show, say, end } = await writing({ columns: 60, rows: 24 });
    await until('created');
    show('One line,\nand an\u001b[31m evil');
    await until('evil');
    show('One line,\nand an\u001b[31m evil one');
    await until('evil one');
    await say('One line, and whole.');
    await until('whole');
    show('Next');
    await until('Next');
    const output = await end();
    expect(output.match(MOVES)).toEqual([up(2), up(2), up(1)]);
    const rows = screenOf(output).map((line) => line.replace(/^[\d:]{8} +/, ''));
    expect(rows.slice(-4)).toEqual([
      expect.stringMatching(/^prompt/),

      'claude     One line, and whole.',
      expect.stringMatching(/^turn {7}interrupted/),
      'ended      enough',
    ]);
    expect(rows.join('\n')).not.toMatch(/evil|Next|writes/);
  });

  test('shows its last lines if it is long, and no more than the screen has', async () => {
    const { until, show, end } = await writing({ columns: 60, rows: 6 });
    await until('created');
    show(
      `${upTo(40)
        .map((n) => `line ${n}`)
        .join('\n')}\nlast`,
    );
    await until('last');
    const shown = (await end()).match(/writes.*last/s)?.[0] ?? '';
    expect(shown.split('\n')).toHaveLength(5);
    expect(shown).toContain('writes     line 37');
  });

  test.each([
    ['a program', {}],
    ['a terminal that cannot replace lines', { columns: 60 }],
  ])('is not shown to %s, which gets whole texts', async (_, options) => {
    const { until, show, say, end } = await writing(options);
    await until('created');
    show('half a sen');
    await say('half a sentence');
    await until('half a sentence');
    const output = await end();
    expect(output).not.toMatch(/half a sen\b|writes/);
    expect(output).not.toContain(ESC);
  });
});

/** The lines on a screen without colours, once all of it was written. */
function screenOf(output: string): string[] {
  const rows: string[] = [];
  for (const [part, up] of output.matchAll(MOVE_OR_LINE)) {
    if (up === undefined) rows.push(part.trimEnd());
    else rows.splice(rows.length - Number(up));
  }
  return rows;
}
