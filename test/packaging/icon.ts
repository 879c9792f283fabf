/** Draws one of the icons as PNG, which is what Claude Desktop shows: it takes no SVG. */

import { crc32, deflateSync } from 'node:zlib';
import type { Icon } from '../../src/views/icons.ts';

type Point = readonly [number, number];

/** The icons are drawn in a box of 16 by 16. */
const BOX = 16;
/** Each pixel is the mean of that many, in both directions: edges are smooth. */
const SAMPLES = 4;
const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

export function drawnAsPng([icon]: readonly Icon[], pixels: number): Buffer {
  const svg = Buffer.from(icon?.src.split(',')[1] ?? '', 'base64').toString();
  const [, color = ''] = /fill="#([0-9a-f]{6})"/.exec(svg) ?? [];
  const [, path = ''] = /d="([^"]+)"/.exec(svg) ?? [];
  const [outlines, rgb] = [outlinesOf(path), Buffer.from(color, 'hex')];
  const rows = Array.from({ length: pixels }, (_, y) => {
    const alphas = Array.from({ length: pixels }, (_, x) => coverage(outlines, x, y, BOX / pixels));
    return Buffer.concat([Buffer.of(0), ...alphas.map((alpha) => Buffer.of(...rgb, alpha))]);
  });
  return png(pixels, Buffer.concat(rows));
}

/** The closed outlines of a path of straight lines. */
function outlinesOf(path: string): Point[][] {
  const outlines: Point[][] = [];
  let [x, y] = [0, 0];
  for (const [, command = '', rest = ''] of path.matchAll(/([A-Za-z])([^A-Za-z]*)/g)) {
    const numbers = rest.match(/-?\d+(\.\d+)?/g)?.map(Number) ?? [];
    const step = /[hv]/i.test(command) ? 1 : 2;
    for (let at = 0; at < numbers.length; at += step) {
      [x, y] = moved(command, [x, y], numbers.slice(at, at + step));
      if (command === 'M') outlines.push([]);
      outlines.at(-1)?.push([x, y]);
    }
  }
  return outlines;
}

function moved(command: string, [x, y]: Point, [a = 0, b = 0]: readonly number[]): Point {
  if (command === 'M') return [a, b];
  if (command === 'l') return [x + a, y + b];
  if (command === 'h') return [x + a, y];
  if (command === 'H') return [a, y];
  if (command === 'v') return [x, y + a];
  if (command === 'V') return [x, a];
  if (command === 'L') return [a, b];
  throw new Error(`the icon has a path with ${command}, which this cannot draw`);
}

/** How much of a pixel is inside, up to 255. */
function coverage(outlines: readonly Point[][], x: number, y: number, size: number): number {
  let inside = 0;
  for (let sample = 0; sample < SAMPLES ** 2; sample++) {
    const [dx, dy] = [sample % SAMPLES, Math.floor(sample / SAMPLES)];
    const at = (pixel: number, part: number) => (pixel + (part + 0.5) / SAMPLES) * size;
    if (isInside(outlines, [at(x, dx), at(y, dy)])) inside += 1;
  }
  return Math.round((inside * 255) / SAMPLES ** 2);
}

/** Whether a line from there crosses an odd number of edges. */
function isInside(outlines: readonly Point[][], [x, y]: Point): boolean {
  let crossings = 0;
  for (const outline of outlines) {
    for (const [index, [ax, ay]] of outline.entries()) {
      const [bx, by] = outline[(index + 1) % outline.length] ?? [ax, ay];
      if (ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay)) crossings += 1;
    }
  }
  return crossings % 2 === 1;
}

/** Eight bits for each of red, green, blue and alpha. */
function png(pixels: number, rows: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(pixels, 0);
  header.writeUInt32BE(pixels, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND')];
  return Buffer.concat([SIGNATURE, ...parts]);
}

function chunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
