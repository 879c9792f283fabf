import { describe, expect, it } from 'vitest';
import { BUFFER_BYTES_MAX, BUFFER_ENTRIES_MAX } from '../../src/limits.ts';
import { TextRing } from '../../src/manager/text-ring.ts';

function ringOf(...texts: readonly string[]): TextRing {
  const ring = new TextRing();
  for (const text of texts) ring.push(text);
  return ring;
}

describe('TextRing', () => {
  it('holds BUFFER_ENTRIES_MAX texts; of one more, the oldest gives way', () => {
    const texts = Array.from({ length: BUFFER_ENTRIES_MAX }, (_, index) => `${index}`);
    const ring = ringOf(...texts);
    expect(ring.texts).toEqual(texts);
    ring.push('last');
    expect(ring.texts).toEqual([...texts.slice(1), 'last']);
  });

  it('holds BUFFER_BYTES_MAX bytes; for one more, as many of the oldest give way as need be', () => {
    const ring = ringOf('a', 'b', 'x'.repeat(BUFFER_BYTES_MAX - 2));
    expect(ring.texts).toHaveLength(3);
    ring.push('éé');
    expect(ring.texts).toEqual(['éé']);
  });

  it('counts what gave way as gone', () => {
    const half = 'x'.repeat(BUFFER_BYTES_MAX / 2);
    expect(ringOf(half, half, half, half).texts).toEqual([half, half]);
  });

  it('keeps the end of a text that is too long by itself, from a whole character on', () => {
    expect(ringOf('a', `b${'x'.repeat(BUFFER_BYTES_MAX)}`).texts).toEqual([
      'x'.repeat(BUFFER_BYTES_MAX),
    ]);
    const [kept] = ringOf(`${'😀'.repeat(BUFFER_BYTES_MAX / 4)}x`).texts;
    expect(kept).toBe(`${'😀'.repeat(BUFFER_BYTES_MAX / 4 - 1)}x`);
  });

  it('shows a frozen copy, the same one until something is added', () => {
    const ring = ringOf('a');
    const before = ring.texts;
    expect(ring.texts).toBe(before);
    expect(Object.isFrozen(before)).toBe(true);
    ring.push('b');
    expect(before).toEqual(['a']);
    expect(ring.texts).toEqual(['a', 'b']);
  });
});
