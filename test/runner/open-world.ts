import { afterAll, afterEach, vi } from 'vitest';
import { World } from './claude-world.ts';

/** A world for the tests of one file. What a test starts ends with it. */
export async function openWorld(testTimeout = 60_000): Promise<World> {
  vi.setConfig({ testTimeout, hookTimeout: 30_000 });
  const world = await World.open();
  afterEach(() => world.endSessions());
  afterAll(() => world.close());
  return world;
}
