import { expect, test } from '@jest/globals';
import { ByteQueue } from '../../src/telegram/gramjs/socket.js';

/** Reproducible numbers: a linear congruential generator. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % below;
  };
}

test('returns bytes in order, however they were split', () => {
  const next = numbers(7);
  const sent = Buffer.from(Array.from({ length: 20_000 }, (_, at) => at % 251));
  const queue = new ByteQueue();
  const taken: Buffer[] = [];
  for (let at = 0; at < sent.length; ) {
    const chunk = sent.subarray(at, at + 1 + next(50));
    queue.push(chunk);
    at += chunk.length;
    if (next(3) === 0) taken.push(queue.take(next(queue.length + 1)));
  }
  taken.push(queue.take(queue.length));
  expect(Buffer.concat(taken).equals(sent)).toBe(true);
  expect(queue.length).toBe(0);
});

test('does not return what it does not have', () => {
  const queue = new ByteQueue();
  queue.push(Buffer.from('ab'));
  expect(() => queue.take(3)).toThrow(RangeError);
  expect(queue.take(2).toString()).toBe('ab');
  expect(queue.take(0)).toHaveLength(0);
});
