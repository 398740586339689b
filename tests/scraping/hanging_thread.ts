import { parentPort } from 'node:worker_threads';
// It serves the port.
import '../../src/scraping/run_thread/thread.js';

/** A run thread whose event loop is blocked forever once it is told so, by an answer to a call that was never made. */
parentPort?.on('message', (message: { readonly id?: number } | null) => {
  if (message?.id === -1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
