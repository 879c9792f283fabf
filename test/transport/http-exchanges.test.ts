import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import {
  HTTP_EXCHANGES_PER_PRINCIPAL_MAX,
  HTTP_STALL_MS_MAX,
} from '../../src/connection-limits.ts';
import { type Exchange, Exchanges } from '../../src/transport/http/exchange.ts';

/** As much of an answer as is looked at here. */
class Answer extends EventEmitter {
  closed = false;
  writableNeedDrain = false;

  destroy(): void {
    this.closed = true;
    this.emit('close');
  }
}

function exchangeOf(principal: string) {
  const answer = new Answer();
  return { answer, exchange: { principal, response: answer } as unknown as Exchange };
}

describe('the exchanges under way', () => {
  test('are bounded for each principal, and a place that was freed can be taken', () => {
    const exchanges = new Exchanges();
    const open = Array.from({ length: HTTP_EXCHANGES_PER_PRINCIPAL_MAX }, () =>
      exchangeOf('alice'),
    );
    for (const { exchange } of open) exchanges.add(exchange);
    const more = exchangeOf('alice').exchange;
    expect(() => exchanges.add(more)).toThrow(expect.objectContaining({ status: 429 }));
    exchanges.add(exchangeOf('bob').exchange);
    open[0]?.answer.destroy();
    exchanges.add(more);
    expect(() => exchanges.add(exchangeOf('alice').exchange)).toThrow('LIMIT_EXCEEDED');
  });

  test('are cut when their client has taken nothing for a while, and not when it takes a little', () => {
    const exchanges = new Exchanges();
    const [stuck, slow, idle] = [exchangeOf('a'), exchangeOf('a'), exchangeOf('a')];
    for (const { exchange } of [stuck, slow, idle]) exchanges.add(exchange);
    stuck.answer.writableNeedDrain = true;
    slow.answer.writableNeedDrain = true;
    exchanges.cutStalled(0);
    slow.answer.writableNeedDrain = false;
    exchanges.cutStalled(HTTP_STALL_MS_MAX - 1);
    slow.answer.writableNeedDrain = true;
    expect([stuck, slow, idle].map(({ answer }) => answer.closed)).toEqual([false, false, false]);
    exchanges.cutStalled(HTTP_STALL_MS_MAX);
    expect([stuck, slow, idle].map(({ answer }) => answer.closed)).toEqual([true, false, false]);
  });
});
