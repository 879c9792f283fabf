/** What servers on one store tell each other: which MCP sessions each has, and what to do with a run. */

/** An MCP session that holds sessions, and the server it is connected to. */
export type Connection = {
  readonly mcpSessionId: string;
  readonly principal: string;
  readonly owner: string;
};

/** A server process on the store. */
export type ServerEntry = {
  readonly owner: string;
  readonly transport: 'stdio' | 'http';
  /** Epoch milliseconds. */
  readonly since: number;
};

export const ORDER_KINDS = ['interrupt', 'steer', 'stop'] as const;

/** What one server asks of the server that runs a session. */
export type Order = {
  readonly id: string;
  readonly sessionId: string;
  readonly kind: (typeof ORDER_KINDS)[number];
  /** The turn that is meant; a later one is not touched. */
  readonly turnId?: string;
  readonly text: string;
};

/** `refused`: what was ordered could no longer be done. */
export type OrderState = 'open' | 'refused' | 'done';

export interface Peers {
  /** Says that a server runs, until {@link left}. */
  joined(server: ServerEntry): Promise<void>;
  left(owner: string): Promise<void>;
  /** Longest-running first. A server that was killed has left its entry behind; those of earlier versions have none. */
  servers(): Promise<readonly ServerEntry[]>;

  /** Says that an MCP session is connected at a server, until {@link disconnect}. */
  connect(connection: Connection): Promise<void>;
  disconnect(mcpSessionId: string): Promise<void>;

  /**
   * All connections, or the one of an MCP session if it is named. A server that went away has left its connections
   * behind.
   */
  connections(mcpSessionId?: string): Promise<readonly Connection[]>;

  /** Leaves an order for the owner of a session's lease. */
  send(order: Order): Promise<void>;

  /** The open orders for this owner, oldest first. */
  orders(owner: string): Promise<readonly Order[]>;
  orderState(orderId: string): Promise<OrderState>;

  /** Ends an order. The sender of a refused one settles it as done once it has seen that. */
  settle(order: Order, as: 'done' | 'refused'): Promise<void>;
}
