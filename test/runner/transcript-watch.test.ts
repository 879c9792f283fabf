import { expect, test } from 'vitest';
import { TranscriptWatch } from '../../src/runner/transcript-watch.ts';

/** A transcript of which a look says only whether it has grown. */
function watched() {
  let [bytes, seen] = [0, 0];
  const notices: string[] = [];
  const watch = new TranscriptWatch({
    check: async () => {
      if (bytes <= seen) throw new Error('not written');
      seen = bytes;
    },
    notice: (text) => notices.push(text),
    hasExited: () => false,
  });
  const write = (): void => {
    bytes += 1;
  };
  return { watch, notices, write };
}

test('a transcript that is written late, when the next turn is over too, is not told as missing', async () => {
  const { watch, notices, write } = watched();
  const first = watch.turnCompleted();
  // Its look has found nothing, and it waits.
  await new Promise((resolve) => setImmediate(resolve));
  write();
  await Promise.all([first, watch.turnCompleted()]);
  expect(notices).toEqual([]);
});

test('one that is not written is told once, however many turns complete', async () => {
  const { watch, notices } = watched();
  await Promise.all([watch.turnCompleted(), watch.turnCompleted()]);
  await watch.turnCompleted();
  expect(notices).toHaveLength(1);
});
