import type {
  CallToolResult,
  ContentBlock,
  InputRequiredResult,
  ServerContext,
} from '@modelcontextprotocol/server';

export type FixtureCall = {
  readonly args: Record<string, unknown>;
  readonly context: ServerContext;
  /** Seals a state that a client carries to its next call. */
  mint(state: string): Promise<string>;
};

export type FixtureTool = {
  readonly description: string;
  /** Besides the type, which is always object. */
  readonly inputSchema?: Record<string, unknown>;
  run(
    call: FixtureCall,
  ): CallToolResult | InputRequiredResult | Promise<CallToolResult | InputRequiredResult>;
};

export function says(...content: (string | ContentBlock)[]): CallToolResult {
  return {
    content: content.map((block) =>
      typeof block === 'string' ? { type: 'text', text: block } : block,
    ),
  };
}

/** A schema of one string that must be there. */
export function oneString(name: string) {
  return {
    type: 'object' as const,
    properties: { [name]: { type: 'string' as const } },
    required: [name],
  };
}
