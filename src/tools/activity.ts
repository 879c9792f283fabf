/** What a session does now, in a few words, for progress while a call waits. */

import { ACTIVITY_CHARS_MAX } from '../limits.ts';
import type { SessionEvent } from '../session/event.ts';
import { cutChars, oneLine } from '../text.ts';

/** The argument that says most about a tool's use; of other tools the first text. */
const TELLING = ['command', 'file_path', 'notebook_path', 'pattern', 'url', 'query', 'description'];

/** A line about an event, or undefined where it says nothing of what Claude does. */
export function activityOf(event: SessionEvent): string | undefined {
  const text = describe(event);
  return text === undefined ? undefined : cutChars(oneLine(text), ACTIVITY_CHARS_MAX);
}

function describe(event: SessionEvent): string | undefined {
  switch (event.type) {
    case 'text':
      return `said: ${event.text}`;
    case 'tool_use':
      return toolText(event.name, event.input);
    case 'tool_result':
      return event.isError ? 'a tool failed' : undefined;
    case 'permission_requested':
      return `waits for permission: ${toolText(event.request.toolName, event.request.input)}`;
    case 'permission_answered':
      return `permission ${event.request.state}: ${event.request.toolName}`;
    case 'turn_started':
      return 'turn started';
    case 'turn_ended':
      return `turn ${event.turn.state}`;
    case 'notice':
      return event.text;
    default:
      return undefined;
  }
}

function toolText(name: string, input: unknown): string {
  if (input === null || typeof input !== 'object') return name;
  const given = new Map<string, unknown>(Object.entries(input));
  const telling = TELLING.map((argument) => given.get(argument));
  const text = [...telling, ...given.values()].find((value) => typeof value === 'string');
  return text === undefined ? name : `${name}: ${text}`;
}
