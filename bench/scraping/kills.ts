import { setTimeout as delay } from 'node:timers/promises';
import { noted } from '../finding.js';
import type { Trouble, Troubled } from './trial.js';

const EVERY_MS = 10_000;

/** Kills the service every ten seconds, and starts it again at once. */
export function kills({ place, scraper }: Troubled): Trouble {
  const over = new AbortController();
  let count = 0;
  const killing = (async () => {
    for (;;) {
      await delay(EVERY_MS, undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted || place.closed) return;
      await scraper.server.stop('SIGKILL');
      count += 1;
      await scraper.server.start();
    }
  })();
  killing.catch(() => undefined);
  return {
    async end() {
      over.abort();
      await killing;
      return [noted('kills', { value: count, unit: '' })];
    },
  };
}
