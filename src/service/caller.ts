/** Who calls: a principal, and the MCP session the call came over (null where the revision has none). */
export type Caller = {
  readonly principal: string;
  readonly mcpSessionId: string | null;
};

/** The principal of stdio, and of HTTP without a token: whoever may start a process here. */
export const LOCAL_PRINCIPAL = 'local';
