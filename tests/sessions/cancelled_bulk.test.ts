import { describe, expect, it } from '@jest/globals';
import { NotFound } from '../../src/kernel/errors.js';
import { type BulkParts, type BulkProgress, SessionBulk } from '../../src/sessions/bulk.js';
import { ManualTime } from '../service/manual_time.js';

/** Actions whose restores wait until they are let go on; `told`: the progress that was published. */
function bulkUnderTest() {
  const waiting: (() => void)[] = [];
  const told: BulkProgress[] = [];
  const onTold = new Map<string, (data: unknown) => void>();
  const time = new ManualTime();
  const unused = () => Promise.reject(new NotFound('Session'));
  const parts: BulkParts = {
    service: { session: unused, change: unused, remove: unused },
    checks: { check: unused },
    pool: { block: unused, restore: () => new Promise((resolve) => waiting.push(resolve)) },
    cluster: { tell: () => undefined, onTold: (topic, listener) => onTold.set(topic, listener) },
    publish: (progress) => told.push(progress),
    timers: time,
  };
  const bulk = new SessionBulk(parts);
  const gone = new AbortController();
  const begin = (bulkId: string, sessions = 40) =>
    bulk.run({
      ...{ bulkId, ids: Array.from({ length: sessions }, (_, at) => at + 1), action: { action: 'restore' } },
      ...{ holder: 'key:1', signal: gone.signal, record: async () => undefined },
    });
  const goOn = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  return { bulk, begin, goOn, gone, told, onTold, time };
}

describe('an action on many sessions that is cancelled', () => {
  it.each(['here', 'at another replica', 'by hanging up', 'after four minutes'])(
    'finishes what was begun, and nothing more: %s',
    async (how) => {
      const { bulk, begin, goOn, gone, told, onTold, time } = bulkUnderTest();
      const results = begin('one');
      if (how === 'here') bulk.cancel('one');
      if (how === 'at another replica') onTold.get('bulk cancel')?.('one');
      if (how === 'by hanging up') gone.abort();
      if (how === 'after four minutes') await time.advance(240);
      goOn();
      const found = await results;
      expect(found.filter(({ ok }) => ok).map(({ sessionId }) => sessionId)).toEqual(
        Array.from({ length: 16 }, (_, at) => at + 1),
      );
      expect(found.slice(16).every((result) => !result.ok && result.code === 'cancelled')).toBe(true);
      expect(told.at(-1)).toMatchObject({ total: 40, done: 16, failed: 0, state: 'cancelled' });
    },
  );

  it('makes room: only a few run at a time, each under its own name', async () => {
    const { bulk, begin, goOn } = bulkUnderTest();
    const running = ['a', 'b', 'c', 'd'].map((name) => begin(name, 1));
    await expect(begin('e', 1)).rejects.toMatchObject({ code: 'too_many_bulks' });
    goOn();
    await Promise.all(running);
    const again = begin('a', 1);
    await expect(begin('a', 1)).rejects.toMatchObject({ code: 'too_many_bulks' });
    bulk.cancel('another');
    goOn();
    expect(await again).toEqual([{ sessionId: 1, ok: true, check: null }]);
  });
});
