import { inExtension } from '../settings.ts';
import { oneLine } from '../text.ts';
import { besideHead, type Style, screenLines, styled, wrap } from '../views/screen.ts';
import { environmentChecks } from './environment-checks.ts';
import { flagsOf } from './flags.ts';
import { type CheckResult, stateChecks } from './state-checks.ts';
import { type CommandContext, type Terminal, writeJson } from './terminal.ts';

const STYLES: Readonly<Record<CheckResult['status'], Style>> = {
  ok: 'green',
  warn: 'yellow',
  fail: 'red',
};

const STATUS_WIDTH = 'warn  '.length;
const NAME_WIDTH = 'state directory  '.length;

/** Checks that sessions can run here; the exit code is 1 if they cannot. */
export async function doctor({ settings, terminal }: CommandContext): Promise<number> {
  const { json } = flagsOf(settings);
  const found = [...(await environmentChecks(settings)), ...(await stateChecks(settings))];
  const checks = settings.isExtension ? found.map(worded) : found;
  const isFit = checks.every(({ status }) => status !== 'fail');
  if (json) await writeJson(terminal, { ok: isFit, checks });
  else await terminal.write(checks.map((check) => checkLines(terminal, check)).join(''));
  return isFit ? 0 : 1;
}

function worded({ hint, ...check }: CheckResult): CheckResult {
  return hint === undefined ? check : { ...check, hint: inExtension(hint) };
}

function checkLines(terminal: Terminal, { status, name, detail, hint = '' }: CheckResult): string {
  const { columns } = terminal;
  if (columns === undefined) {
    return `${[status, name, detail, hint].map(oneLine).join('\t')}\n`;
  }
  const indent = STATUS_WIDTH + NAME_WIDTH;
  const text = hint === '' ? detail : `${detail}\n${hint}`;
  const lines = screenLines(text).flatMap((line) => wrap(line, columns - indent));
  const head = styled(terminal, STYLES[status], status.padEnd(STATUS_WIDTH));
  return besideHead(head + name.padEnd(NAME_WIDTH), indent, lines);
}
