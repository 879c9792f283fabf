import {
  combine,
  type Metrics,
  NO_METRICS,
  PRINCIPAL_SCOPE,
  taskScope,
} from '../session/metrics.ts';
import type { Inspection } from '../store/inspection.ts';
import { count, dollars, duration } from '../views/figures.ts';
import { showSums } from '../views/metrics.ts';
import { styled } from '../views/screen.ts';
import { aligned, type Column } from '../views/table.ts';
import { flagsOf } from './flags.ts';
import { type CommandContext, type Terminal, writeJson } from './terminal.ts';

type Sums = {
  readonly all: Metrics;
  readonly byPrincipal: readonly { readonly principal: string; readonly sums: Metrics }[];
};

/** Sums over all sessions or those of one task, and per principal if there are several. */
export async function metrics({ settings, terminal, inspection }: CommandContext): Promise<number> {
  const { json, task } = flagsOf(settings);
  const sums = inspection ? await sumsOf(inspection, task) : NO_SUMS;
  if (json) {
    const principals = sums.byPrincipal.map(({ principal, sums: own }) => ({
      principal,
      ...showSums(own),
    }));
    await writeJson(terminal, { ...showSums(sums.all), principals });
  } else if (terminal.columns === undefined) {
    const lines = Object.entries(showSums(sums.all)).map(([name, value]) => `${name}\t${value}\n`);
    await terminal.write(lines.join(''));
  } else {
    await terminal.write(forPeople(terminal, sums));
  }
  return 0;
}

const SUM_WIDTH = 'sessions  '.length;

const NO_SUMS: Sums = { all: NO_METRICS, byPrincipal: [] };

const PRINCIPAL_COLUMNS: readonly Column<Sums['byPrincipal'][number]>[] = [
  { title: 'PRINCIPAL', text: ({ principal }) => principal, isCut: true },
  { title: 'SESSIONS', text: ({ sums }) => count(sums.totalSessions), isNumber: true },
  { title: 'BUSY', text: ({ sums }) => count(sums.busySessions), isNumber: true },
  { title: 'ASK', text: ({ sums }) => count(sums.pendingPermissions), isNumber: true },
  {
    title: 'TURNS',
    text: ({ sums }) => count(sums.completedTurns + sums.failedTurns),
    isNumber: true,
  },
  { title: 'COST', text: ({ sums }) => dollars(sums.costUsd), isNumber: true },
];

function forPeople(terminal: Terminal, { all, byPrincipal }: Sums): string {
  const rows = sumRows(all);
  const width = Math.max(...rows.map(([, figure]) => figure.length));
  const lines = rows.map(([title, figure, more]) => {
    const head = styled(terminal, 'dim', title.padEnd(SUM_WIDTH));
    return `${head}${styled(terminal, 'bold', figure.padStart(width))}  ${more}\n`;
  });
  if (byPrincipal.length < 2) return lines.join('');
  return `${lines.join('')}\n${aligned(terminal, PRINCIPAL_COLUMNS, byPrincipal)}`;
}

function sumRows(sums: Metrics): readonly (readonly [string, string, string])[] {
  const { completedTurns, failedTurns, pendingPermissions, endedSessions } = sums;
  const read = sums.inputTokens + sums.cacheReadTokens + sums.cacheWriteTokens;
  const ready = sums.activeSessions - sums.busySessions;
  const cached =
    read === 0 ? '' : `, ${Math.round((sums.cacheReadTokens / read) * 100)}% from the cache`;
  const mean = endedSessions === 0 ? 0 : sums.endedDurationMs / endedSessions;
  return [
    [
      'sessions',
      count(sums.totalSessions),
      `${count(sums.busySessions)} busy, ${count(ready)} ready, ${count(sums.errorSessions)} in error, ${count(endedSessions)} ended`,
    ],
    [
      'turns',
      count(completedTurns + failedTurns),
      `${count(completedTurns)} completed, ${count(failedTurns)} failed or lost; ${count(sums.queuedTurns)} queued`,
    ],
    [
      'asks',
      count(pendingPermissions),
      pendingPermissions === 1 ? 'pending permission request' : 'pending permission requests',
    ],
    ['tokens', count(read), `in${cached}`],
    ['', count(sums.outputTokens), 'out'],
    ['cost', dollars(sums.costUsd), 'as reported by Claude Code'],
    ['duration', endedSessions === 0 ? '-' : duration(mean), 'on average, over ended sessions'],
  ];
}

/** Returns the sums over all sessions, or those of one task; principals without sessions are left out. */
async function sumsOf(inspection: Inspection, taskId?: string): Promise<Sums> {
  const scope = taskId === undefined ? PRINCIPAL_SCOPE : taskScope(taskId);
  const sumsBy = async (principal: string) => ({
    principal,
    sums: await inspection.metrics(principal, scope),
  });
  const everybody = await Promise.all((await inspection.principals()).map(sumsBy));
  const byPrincipal = everybody.filter(({ sums }) => sums.totalSessions > 0);
  const all = byPrincipal.reduce((total, { sums }) => combine(total, sums), NO_METRICS);
  return { all, byPrincipal };
}
