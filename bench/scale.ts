/** How much is measured: in full, or in the short form that only shows that all of it works. */

export type Scale = {
  readonly quick: boolean;
  readonly rounds: number;
  /** "A hundred thousand sessions". */
  readonly many: number;
  /** "Event 1,000,000". */
  readonly longLog: number;
  /** Calls one after the other, for the latency; and calls of which 32 are in flight. */
  readonly calls: number;
  readonly burst: number;
  /** So many times as many in the round that is thrown away: a server that has run for a while is compiled. */
  readonly warmUp: number;
  /** Sessions that run at once. */
  readonly fleet: number;
  /** MCP sessions over HTTP. */
  readonly httpSessions: number;
};

export const FULL: Scale = {
  quick: false,
  rounds: 5,
  many: 100_000,
  longLog: 1_000_000,
  calls: 300,
  burst: 600,
  warmUp: 5,
  fleet: 20,
  httpSessions: 200,
};

export const QUICK: Scale = {
  quick: true,
  rounds: 1,
  many: 1_000,
  longLog: 5_000,
  calls: 10,
  burst: 64,
  warmUp: 1,
  fleet: 2,
  httpSessions: 5,
};
