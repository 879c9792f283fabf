/** What the demo prints. */

import type { DemoEvent } from './client.ts';

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

export function showEvent(event: DemoEvent): void {
  const line = lineOf(event);
  if (line !== undefined) say(`  ${line}`);
}

function lineOf(event: DemoEvent): string | undefined {
  switch (event.type) {
    case 'text':
      return `Claude: ${event.text}`;
    case 'tool_use':
      return `uses ${event.name} ${short(JSON.stringify(event.input))}`;
    case 'tool_result':
      return `  ${event.isError ? 'failed: ' : ''}${short(event.text)}`;
    case 'notice':
      return `(${event.text})`;
    case 'turn_ended':
      return `turn ${event.turn.state}`;
    case 'other':
      return undefined;
  }
}

export function showMetrics(metrics: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(metrics)) {
    if (value !== 0) say(`  ${name.padEnd(24)}${String(value).padStart(12)}`);
  }
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > WIDTH ? `${line.slice(0, WIDTH)}…` : line;
}
