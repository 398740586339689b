import type { Worker } from 'node:worker_threads';
import { stopListening, type Threads, threadPerTask } from '../../src/kernel/threads.js';

const idle = new Map<string, Worker[]>();
const entries = new WeakMap<Worker, string>();

/** Threads reused by one test after another, for the life of the process: starting one takes longer than most tests. */
export const reusedThreads: Threads = {
  take(entry, limits) {
    const thread = idle.get(entry.href)?.pop();
    if (!thread) {
      const started = threadPerTask.take(entry, limits);
      entries.set(started, entry.href);
      return started;
    }
    stopListening(thread);
    thread.ref();
    return thread;
  },
  async giveBack(thread) {
    const entry = entries.get(thread);
    if (entry === undefined) return threadPerTask.giveBack(thread);
    thread.unref();
    // A thread that ended is not reused.
    thread.once('error', () => remove(entry, thread));
    thread.once('exit', () => remove(entry, thread));
    idle.set(entry, [...(idle.get(entry) ?? []), thread]);
  },
};

function remove(entry: string, thread: Worker): void {
  idle.set(
    entry,
    (idle.get(entry) ?? []).filter((other) => other !== thread),
  );
}
