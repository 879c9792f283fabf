import { describe, expect, it } from 'vitest';
import { BUFFER_BYTES_MAX, BUFFER_ENTRIES_MAX } from '../../src/limits.ts';
import { textRing } from '../../src/manager/text-ring.ts';

function ringOf(...texts: readonly string[]): string[] {
  const ring = textRing({ touch: () => {} });
  for (const text of texts) ring.push(text);
  return ring;
}

const half = 'x'.repeat(BUFFER_BYTES_MAX / 2);

describe('a buffer', () => {
  it('is an array', () => {
    const ring = ringOf('a', 'b');
    expect(ring.push('c', 'd')).toBe(4);
    expect(ring).toStrictEqual(['a', 'b', 'c', 'd']);
    expect([Array.isArray(ring), ring.length, ring[1], ring.at(-1)]).toEqual([true, 4, 'b', 'd']);
    expect([ring.join('\n'), [...ring], ring.slice(2)]).toEqual([
      'a\nb\nc\nd',
      [...ring],
      ['c', 'd'],
    ]);
    expect(JSON.stringify(ring)).toBe('["a","b","c","d"]');
    expect(structuredClone(ring)).toStrictEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps BUFFER_ENTRIES_MAX texts and drops the oldest', () => {
    const texts = Array.from({ length: BUFFER_ENTRIES_MAX }, (_, index) => `${index}`);
    const ring = ringOf(...texts);
    expect(ring).toEqual(texts);
    ring.push('last', 'of all');
    expect(ring).toEqual([...texts.slice(2), 'last', 'of all']);
  });

  it('keeps BUFFER_BYTES_MAX bytes and drops as many of the oldest as it must', () => {
    const ring = ringOf('a', 'b', 'x'.repeat(BUFFER_BYTES_MAX - 2));
    expect(ring).toHaveLength(3);
    ring.push('éé');
    expect(ring).toEqual(['éé']);
    expect(ringOf(half, half, half, half)).toEqual([half, half]);
  });

  it('keeps the end of a text that is too long by itself, from a whole character on', () => {
    expect(ringOf('a', `b${half}${half}`)).toEqual([half + half]);
    const [kept] = ringOf(`${'😀'.repeat(BUFFER_BYTES_MAX / 4)}x`);
    expect(kept).toBe(`${'😀'.repeat(BUFFER_BYTES_MAX / 4 - 1)}x`);
  });

  it('can be emptied and drained as any array, and what is gone no longer counts', () => {
    const ring = ringOf(half, half);
    ring.length = 0;
    ring.push(half, half);
    expect(ring).toEqual([half, half]);
    expect(ring.splice(0)).toEqual([half, half]);
    ring.push('a');
    expect([ring.shift(), ring.length]).toEqual(['a', 0]);
  });

  it('is back within its bounds at the push after another write', () => {
    const ring = ringOf('a');
    ring.unshift(half, half);
    ring.push('b');
    expect(ring).toEqual([half, 'a', 'b']);
    ring.length = BUFFER_ENTRIES_MAX + 5;
    ring.push('c');
    expect([ring.length, ring.at(-1)]).toEqual([BUFFER_ENTRIES_MAX, 'c']);
  });

  it('keeps its count when texts are replaced by index, longer or shorter', () => {
    const ring = ringOf(half, 'a');
    ring[0] = '';
    ring[1] += half;
    ring.push(half, half, half);
    expect(ring).toEqual([half, half]);
  });

  it.each([5, undefined, null, Symbol('s'), {}])('refuses %s and adds nothing', (junk) => {
    const ring = ringOf('a');
    expect(() => ring.push('b', junk as string)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST' }),
    );
    expect(ring).toEqual(['a']);
  });
});
