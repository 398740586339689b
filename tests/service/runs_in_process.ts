import { MessageChannel, type Worker } from 'node:worker_threads';
import { type Threads, threadPerTask } from '../../src/kernel/threads.js';
import { serve } from '../../src/scraping/run_thread/thread.js';

const RUN_THREAD = new URL('../../src/scraping/run_thread/thread.js', import.meta.url).href;

/** Threads of their own for everything but runs: those are executed in this one, where a test sees the calls of its disk. */
export const runsInProcess: Threads = {
  take(entry, limits) {
    if (entry.href !== RUN_THREAD) return threadPerTask.take(entry, limits);
    const { port1, port2 } = new MessageChannel();
    serve(port2);
    // It has what is used of a thread, but for its end.
    return Object.assign(port1, { terminate: async () => port1.close() }) as unknown as Worker;
  },
  giveBack: (thread) => threadPerTask.giveBack(thread),
};
