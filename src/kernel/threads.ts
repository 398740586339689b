import { type ResourceLimits, Worker } from 'node:worker_threads';

/** What threads make passes through and is gone: a small young generation keeps their memory small, in MiB. */
const LIMITS: ResourceLimits = { maxYoungGenerationSizeMb: 6 };

/** Where worker threads come from. A thread is told its work by its first message, and once done may be told another. */
export interface Threads {
  /** `limits`: of its memory, where the usual ones do not do. */
  take(entry: URL, limits?: ResourceLimits): Worker;
  /** For a thread whose work is done, and which waits for a message. */
  giveBack(thread: Worker): Promise<void>;
}

/** Takes the listeners off a thread that is given back. Those that Node itself has on it must stay. */
export function stopListening(thread: Worker): void {
  for (const event of ['message', 'error', 'exit']) thread.removeAllListeners(event);
}

/** Threads that live as long as their work. */
export const threadPerTask: Threads = {
  take: (entry, limits = LIMITS) => new Worker(entry, { resourceLimits: limits }),
  giveBack: async (thread) => void (await thread.terminate()),
};
