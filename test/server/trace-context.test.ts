import { expect, test } from 'vitest';
import { traceContextOf } from '../../src/server/trace-context.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN_ID = '00f067aa0ba902b7';
const PARENT = `00-${TRACE_ID}-${SPAN_ID}-01`;
const TRACE = { traceId: TRACE_ID, spanId: SPAN_ID };

test.each([
  PARENT,
  `00-${TRACE_ID}-${SPAN_ID}-00`,
  // A later version may say more behind what we know.
  `cc-${TRACE_ID}-${SPAN_ID}-01`,
  `cc-${TRACE_ID}-${SPAN_ID}-01-what-comes-later`,
])('takes trace and span from what is valid (%#)', (traceparent) => {
  expect(traceContextOf({ traceparent })).toEqual({ span: TRACE });
});

test.each([
  undefined,
  17,
  '',
  'nonsense',
  `${PARENT}-more`,
  `${PARENT} `,
  PARENT.toUpperCase(),
  `ff-${TRACE_ID}-${SPAN_ID}-01`,
  `00-${'0'.repeat(32)}-${SPAN_ID}-01`,
  `00-${TRACE_ID}-${'0'.repeat(16)}-01`,
  `00-${TRACE_ID}${SPAN_ID}-01`,
  `cc-${TRACE_ID}-${SPAN_ID}-01-${'x'.repeat(10_000)}`,
])('takes nothing from what is not (%#)', (traceparent) => {
  expect(traceContextOf({ traceparent, tracestate: 'a=1' })).toBeUndefined();
});

test.each([
  'rojo=00f067aa0ba902b7',
  'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
  'rojo=1 , congo=2,,fw529a3039@dt=FfxQ:E#1',
  '1tenant@vendor=a b',
])('keeps a valid trace state (%#)', (tracestate) => {
  expect(traceContextOf({ traceparent: PARENT, tracestate })?.traceState).toBe(tracestate);
});

test.each([
  17,
  '',
  ',,',
  'novalue',
  'UPPER=1',
  '1start=1',
  'a=b=c',
  'a=with a\ttab',
  'a=1\n',
  'a=line\nbreak',
  Array.from({ length: 33 }, (_, index) => `k${index}=1`).join(),
  `a=${'x'.repeat(257)}`,
  Array.from({ length: 20 }, (_, index) => `k${index}=${'x'.repeat(30)}`).join(),
])('leaves a wrong trace state out, and keeps the trace (%#)', (tracestate) => {
  expect(traceContextOf({ traceparent: PARENT, tracestate })).toEqual({ span: TRACE });
});

test('a request without _meta has none', () => {
  expect(traceContextOf(undefined)).toBeUndefined();
});
