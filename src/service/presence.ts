/** Which MCP sessions are connected to this server now. */

export class Presence {
  readonly #open = new Set<string>();

  opened(mcpSessionId: string): void {
    this.#open.add(mcpSessionId);
  }

  closed(mcpSessionId: string): void {
    this.#open.delete(mcpSessionId);
  }

  isConnected(mcpSessionId: string): boolean {
    return this.#open.has(mcpSessionId);
  }
}
