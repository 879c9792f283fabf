/** W3C Trace Context as MCP carries it, in `_meta` of a request. An invalid one counts as not sent. */

import { TRACEPARENT_META_KEY, TRACESTATE_META_KEY } from '@modelcontextprotocol/server';
import { TRACE_STATE_CHARS_MAX } from '../limits.ts';
import type { Trace } from '../session/event.ts';

export type TraceContext = {
  readonly span: Trace;
  /** The caller's `tracestate`, unchanged. */
  readonly traceState?: string;
};

/** Later versions may append to this; `ff` is not a version. */
const TRACE_PARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.{0,64})?$/;
const NOTHING = /^0+$/;
const SPACE_AROUND = /^[ \t]+|[ \t]+$/g;

const STATE_MEMBERS_MAX = 32;
const STATE_MEMBER =
  /^([a-z][\w\-*/]{0,255}|[a-z\d][\w\-*/]{0,240}@[a-z][\w\-*/]{0,13})=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

export function traceContextOf(
  meta: Readonly<Record<string, unknown>> | undefined,
): TraceContext | undefined {
  const { [TRACEPARENT_META_KEY]: traceparent, [TRACESTATE_META_KEY]: tracestate } = meta ?? {};
  if (typeof traceparent !== 'string') return undefined;
  const [, version, traceId, spanId, more] = TRACE_PARENT.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  if (NOTHING.test(traceId) || NOTHING.test(spanId)) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  return {
    span: { traceId, spanId },
    traceState: isState(tracestate) ? tracestate : undefined,
  };
}

function isState(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > TRACE_STATE_CHARS_MAX) return false;
  const members = value.split(',').map((member) => member.replace(SPACE_AROUND, ''));
  const filled = members.filter((member) => member !== '');
  return (
    filled.length > 0 &&
    members.length <= STATE_MEMBERS_MAX &&
    filled.every((member) => STATE_MEMBER.test(member))
  );
}
