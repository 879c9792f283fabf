/** Safeguards that can be taken away at the ports, which the chaos run must notice; and what it counts there. */

import type { Logger } from '../../src/log.ts';
import type { KillTree } from '../../src/runner/process.ts';
import type { ProcessIdentity } from '../../src/session/process.ts';
import { type Claim, type Fence, StaleFenceError, type Store } from '../../src/store/store.ts';

export const MUTANTS = ['none', 'no-fence', 'no-self-fence'] as const;
export type Mutant = (typeof MUTANTS)[number];

export type MutablePorts = {
  readonly store: Store;
  killTree(process: ProcessIdentity): Promise<boolean>;
};

export function mutated(mutant: Mutant, store: Store, killTree: KillTree): MutablePorts {
  switch (mutant) {
    case 'none':
      return { store, killTree };
    case 'no-fence':
      return { store: withoutFence(store), killTree };
    case 'no-self-fence':
      return { store: withoutLoss(store), killTree: async () => true };
  }
}

/** Whatever names an epoch is written as if it named the current one. */
function withoutFence(store: Store): Store {
  const current = async (fence: Fence): Promise<Fence> =>
    (await store.leases(fence.sessionId))[0]?.fence ?? fence;
  return override(store, {
    append: (sessionId, decide, { fence: _fence, ...options } = {}) =>
      store.append(sessionId, decide, options),
    note: async (fence, fact) => store.note(await current(fence), fact),
  });
}

/** A server never hears that it has lost a lease, so it stops nothing by itself. */
function withoutLoss(store: Store): Store {
  return override(store, {
    renew: async (owner, fences) => {
      await store.renew(owner, fences);
      return [];
    },
  });
}

/** The lines that the report counts. */
export const REFUSED = 'chaos: a write was refused';
export const LAPSED = 'chaos: a lapsed lease was claimed';

/** Logs what the fence refuses, and claims of sessions that another owner had not released. */
export function observed(store: Store, log: Logger): Store {
  const watch = async <T>(write: Promise<T>): Promise<T> => {
    try {
      return await write;
    } catch (error) {
      if (error instanceof StaleFenceError) log.warn({ err: error }, REFUSED);
      throw error;
    }
  };
  const note = (claim: Claim | 'full' | undefined): void => {
    if (typeof claim === 'object' && claim.leftover) log.warn(claim.fence, LAPSED);
  };
  return override(store, {
    append: async (sessionId, decide, options) => {
      const appended = await watch(store.append(sessionId, decide, options));
      note(appended.claim);
      return appended;
    },
    note: (fence, fact) => watch(store.note(fence, fact)),
    claim: async (owner, options) => {
      const claim = await store.claim(owner, options);
      note(claim);
      return claim;
    },
  });
}

function override(store: Store, changed: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(changed, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
