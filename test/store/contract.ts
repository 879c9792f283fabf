/** What every store must do. A new store is run through this suite before anything else. */

import { beforeEach, describe } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { claimContract } from './contract-claims.ts';
import { keyContract } from './contract-keys.ts';
import { leaseContract } from './contract-leases.ts';
import { logContract } from './contract-log.ts';
import { lookupContract } from './contract-lookups.ts';
import { metricsContract } from './contract-metrics.ts';
import { partsContract } from './contract-parts.ts';
import { readContract } from './contract-reads.ts';
import { serverContract } from './contract-servers.ts';
import { subscribeContract } from './contract-subscribe.ts';

/** A store on storage of its own, with a clock that stands still until it is advanced. */
export type Harness = {
  /** The one opened last. */
  readonly store: Store;
  advance(ms: number): void;
  /** Closes the store and opens another on the same storage. */
  reopen(): Promise<Store>;
};

export type Opened = { readonly current: () => Harness; readonly store: () => Store };

/** @param open makes one that is closed after the test */
export function storeContract(name: string, open: () => Promise<Harness>): void {
  describe(name, () => {
    let harness: Harness;
    beforeEach(async () => {
      harness = await open();
    });
    const opened: Opened = { current: () => harness, store: () => harness.store };
    describe('the log', () => logContract(opened));
    describe('repeated calls', () => keyContract(opened));
    describe('claims', () => claimContract(opened));
    describe('parts of a prompt', () => partsContract(opened));
    describe('leases', () => leaseContract(opened));
    describe('reads', () => readContract(opened));
    describe('lookups', () => lookupContract(opened));
    describe('metrics', () => metricsContract(opened));
    describe('servers that share it', () => serverContract(opened));
    describe('subscriptions', () => subscribeContract(opened));
  });
}
