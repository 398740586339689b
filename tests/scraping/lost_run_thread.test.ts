import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { type Threads, threadPerTask } from '../../src/kernel/threads.js';
import { POLL_MS } from '../../src/scraping/engines/embedded.js';
import { withTelegram } from '../logins/over_sandbox.js';
import { HastenedTimers } from '../service/hastened_timers.js';
import { idsOf, linesOf, makeSource, runOnce } from './scraped.js';
import { LARGE, logInSome, smallWorld } from './small_world.js';

const runThreads: Worker[] = [];
const timers = new HastenedTimers();

/** Threads of which the ones that execute runs can be killed. */
const killable: Threads = {
  ...threadPerTask,
  take(entry, limits) {
    const thread = threadPerTask.take(entry, limits);
    if (entry.pathname.endsWith('/run_thread/thread.js')) runThreads.push(thread);
    return thread;
  },
};

describe('runs whose thread dies', () => {
  it(
    'continue in another one, with nothing missing and nothing twice, and give their sessions back',
    withTelegram(
      async ({ service, sandbox }) => {
        expect(runThreads).toHaveLength(0);
        await logInSome({ service, sandbox }, 2);
        const large = await makeSource(service, LARGE, { file_types: [] });
        await runOnce(service, large, (run) => run.messages_stored > 0);
        await runThreads[0]?.terminate();
        const { error } = await runOnce(service, large, ({ state }) => state === 'deferred');
        expect(error).toBe('the service or its database was not available');
        expect(await service.status()).toMatchObject({ free: 2, in_use: 0 });
        expect(service.log.join('\n')).toContain('the run thread ended unexpectedly');
        const stored = (await runOnce(service, large, () => true)).messages_stored;
        await service.time.advance(2);
        timers.hasten(POLL_MS);
        const run = await runOnce(service, large, ({ messages_stored }) => messages_stored > stored);
        await service.as('admin').post(`/runs/${run.id}/cancel`).expect(200);
        await runOnce(service, large, ({ state }) => state === 'cancelled');
        const ids = linesOf(service, large).map((line) => line.id);
        expect(ids).toEqual(idsOf(sandbox, 'Large').slice(0, ids.length));
        expect(sandbox.connections.overlaps()).toEqual([]);
        expect(runThreads).toHaveLength(2);
      },
      { seed: smallWorld, threads: killable, timers },
    ),
    60_000,
  );
});
