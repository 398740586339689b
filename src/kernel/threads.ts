import { setFlagsFromString } from 'node:v8';
import { type ResourceLimits, Worker, type WorkerOptions } from 'node:worker_threads';

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

/**
 * Starts a thread that keeps to its `resourceLimits`. V8 prefers `--max-semi-space-size` to them, which the command line
 * gives for the main thread: its heap has that size already, so the flag is taken back before there are others.
 */
export function startThread(entry: URL, options: WorkerOptions): Worker {
  setFlagsFromString('--max-semi-space-size=0');
  return new Worker(entry, options);
}

/** Threads that live as long as their work. */
export const threadPerTask: Threads = {
  take: (entry, limits = LIMITS) => startThread(entry, { resourceLimits: limits }),
  giveBack: async (thread) => void (await thread.terminate()),
};
