import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Results } from '../../bench/report.ts';
import { ROOT } from '../support/client/program.ts';
import { page, sectionOf } from './markdown.ts';

type Figure = Results['figures'][number];

const recorded: Results = JSON.parse(
  readFileSync(join(ROOT, 'bench', 'recorded.snapshot.json'), 'utf8'),
);

// With -u, these two write the tables.

test('the figures of the README are those of the recorded run', async () => {
  const readme = page('README.md');
  const section = sectionOf(readme, 'Figures');
  const table = section.replace(/(\|---.*\n)(?:\|.*\n)*/, `$1${selection(recorded).join('\n')}\n`);
  await expect(readme.replace(section, () => table)).toMatchFileSnapshot(join(ROOT, 'README.md'));
});

test('the figures of docs/benchmarks.md are those of the recorded run', async () => {
  const file = join(ROOT, 'docs', 'benchmarks.md');
  const text = page('docs/benchmarks.md');
  const written = text.replace(sectionOf(text, 'Results'), () => everything(recorded));
  await expect(written).toMatchFileSnapshot(file);
});

/** The README's table: a selection. */
function selection({ figures }: Results): string[] {
  const find = (row: string, name: string, against = ''): Figure => {
    const found = figures.find(
      (one) => one.row === row && one.name.startsWith(name) && one.against.includes(against),
    );
    if (found === undefined) throw new Error(`the run has no figure ${row}: ${name}`);
    return found;
  };
  const turn = find('turns', 'turn', 'live process');
  const resumed = find('turns', 'turn', 'resume');
  const first = find('first-turn', 'first turn');
  const linked = find('peers', 'link_task, latency');
  const http = find('http', 'get_metrics');
  const start = find('start', 'start, empty');
  const memory = find('memory', 'idle');
  const ratios = figures
    .filter(({ row, against }) => row === 'scale' && against === 'the same with 10 sessions')
    .flatMap(({ unit, ratio }) => (unit === 'ms' && ratio !== undefined ? [ratio] : []));
  const reads = ['get_session', 'get_metrics'].map((name) => {
    const read = find('reads', `${name}, latency`, 'does nothing');
    return `| \`${name}\` | ${ours(read)} | ${base(read)} for a tool that does nothing |`;
  });
  return [
    `| a turn in a live session, from prompt to result | ${ours(turn)} | ${base(turn)} with the Agent SDK alone, ${base(resumed)} with a new process for each prompt |`,
    `| the first turn of a session, including the start of Claude Code | ${ours(first)} | ${base(first)} with the Agent SDK alone |`,
    `| from Claude's output to a waiting client, including the write to disk | ${ours(find('events', 'delay, median'))} | |`,
    ...reads,
    `| \`link_task\`, on disk when it returns | ${ours(linked)} | ${base(linked)} with \`server-memory\`, which does not wait for the disk |`,
    `| the same calls with 100,000 sessions instead of 10 | ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)} times as long | |`,
    `| calls from 200 MCP sessions over HTTP | ${ours(http)} | ${base(http)} for a tool that does nothing |`,
    `| startup, until the answer to \`initialize\` | ${ours(start)} | ${base(start)} for a server that does nothing |`,
    `| memory of an idle server | ${ours(memory)} | ${base(memory)} for a server that does nothing |`,
    `| CPU of an idle server with 1,000 sessions | ${ours(find('idle', 'idle server'))} | |`,
  ];
}

/** The whole section of `docs/benchmarks.md`. */
function everything({ figures, at, cores, cpu, node, loadBefore }: Results): string {
  const aimed = figures.filter(({ target }) => target !== undefined);
  const met = aimed.filter((figure) => figure.met);
  const rows = aimed.map((figure) => {
    const { row, name, against, ratio } = figure;
    const times = ratio === undefined ? '' : `${ratio.toFixed(2)}×`;
    const target = `${targetOf(figure)}${figure.met ? '' : ', **missed**'}`;
    return `| \`${row}\` | ${name} | ${ours(figure)} | ${times} | ${against} | ${target} |`;
  });
  return `
One run on ${at.slice(0, 10)}: ${cores} cores (${cpu.trim()}), Node ${node.slice(1)}, load ${loadBefore.toFixed(1)} before the run. ${met.length} of ${aimed.length} targets are met.
The machine is virtual, and even the baselines vary by a third from run to run.

| row | figure | measured | ratio | compared with | target |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

function targetOf({ target = { oursAtMost: 0 }, unit }: Figure): string {
  if ('ratioAtMost' in target) return `≤ ${target.ratioAtMost.toFixed(2)}×`;
  if ('ratioAtLeast' in target) return `≥ ${target.ratioAtLeast.toFixed(2)}×`;
  if ('oursAtMost' in target) return `≤ ${quantity(target.oursAtMost, unit)}`;
  return `≥ ${quantity(target.oursAtLeast, unit)}`;
}

function ours(figure: Figure): string {
  return quantity(figure.ours, figure.unit);
}

function base(figure: Figure): string {
  return quantity(figure.base, figure.unit);
}

/** Two significant digits: more would only be noise. */
function quantity(value: number, unit: Figure['unit']): string {
  if (unit === 'ms' && value >= 1000) return `${short(value / 1000)} s`;
  if (unit === '/s') return `${short(value)} per second`;
  if (unit === 'count') return short(value);
  if (unit === '% of a core') return `${short(value)}% of a core`;
  return `${short(value)} ${unit === 'us' ? 'µs' : unit}`;
}

function short(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 2 });
}
