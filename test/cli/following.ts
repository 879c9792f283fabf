/** A tail that runs while the test goes on. */

import type { Options, World } from './world.ts';

/** Starts a tail, and waits for what it writes. */
export function following(world: World, words: readonly string[], options: Options = {}) {
  let heard = '';
  let changed: () => void = () => {};
  const over = world.run(['tail', ...words], {
    ...options,
    heard: (text) => {
      heard += text;
      changed();
    },
  });
  const until = async (text: string): Promise<void> => {
    while (!heard.includes(text)) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
  };
  return { over, until };
}
