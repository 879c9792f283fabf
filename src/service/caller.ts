/** The principal of a call, and its MCP session (null if the protocol revision has none). */
export type Caller = {
  readonly principal: string;
  readonly mcpSessionId: string | null;
};

/** The principal of callers on stdio, and on HTTP without a token. */
export const LOCAL_PRINCIPAL = 'local';

/** How the MCP session ids of stdio begin, and no others. */
export const STDIO_ID_PREFIX = 'stdio_';
