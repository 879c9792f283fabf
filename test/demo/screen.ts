/** What the demo prints. */

import type { EventView, TurnView } from '../support/client/tools.ts';

const WIDTH = 100;

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function step(tool: string, about: string): void {
  say(`\n▸ ${tool}  ${about}`);
}

export function check(isRight: boolean, problem: string): void {
  if (!isRight) throw new Error(problem);
}

/** Paths are shown from the project's directory on. */
export function showEvent(event: EventView, directory: string): void {
  const line = lineOf(event, (text) => short(text.replaceAll(`${directory}/`, '')));
  if (line !== undefined) say(`  ${line}`);
}

function lineOf(event: EventView, shown: (text: string) => string): string | undefined {
  switch (event.type) {
    case 'text':
      return `Claude: ${event.text}`;
    case 'tool_use':
      return `uses ${event.name} ${shown(JSON.stringify(event.input))}`;
    case 'tool_result':
      return `  ${event.isError ? 'failed: ' : ''}${shown(String(event.text))}`;
    case 'notice':
      return `(${event.text})`;
    case 'turn_ended':
      return `turn ${(event.turn as TurnView).state}`;
  }
  return undefined;
}

/** Those that count something. */
export function showMetrics(metrics: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value === 'number' && value !== 0)
      say(`  ${name.padEnd(24)}${String(value).padStart(12)}`);
  }
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > WIDTH ? `${line.slice(0, WIDTH)}…` : line;
}
