/** Who calls: a principal, and the MCP session the call came over (null where the revision has none). */
export type Caller = {
  readonly principal: string;
  readonly mcpSessionId: string | null;
};
