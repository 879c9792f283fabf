/** Parts of the Agent SDK's messages that its types leave open. */

import { asName } from './notice.ts';

export type Lifecycle = { readonly uuid: string; readonly state: string };

/** A message that the SDK passes on but does not list among its types. */
export function lifecycleOf(message: {
  type: string;
  command_uuid?: unknown;
  state?: unknown;
}): Lifecycle | undefined {
  if (message.type !== 'command_lifecycle') return undefined;
  return { uuid: String(message.command_uuid), state: String(message.state) };
}

/** The content of a tool result as text; what is not text is named by its kind. */
export function flatten(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((block: { type?: unknown; text?: unknown }) =>
      typeof block.text === 'string' ? block.text : `[${asName(block.type)}]`,
    )
    .join('\n');
}
