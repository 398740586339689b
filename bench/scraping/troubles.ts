import { setTimeout as delay } from 'node:timers/promises';
import { exactly, noted } from '../finding.js';
import type { Trouble, Troubled } from './trial.js';

/** Messages between flood waits. */
const FLOOD_EVERY = 5_000;

/** Makes Telegram ask the reader to wait an hour, every 5,000 messages. */
export function floods({ centres, scraper }: Troubled): Trouble {
  let next = FLOOD_EVERY;
  let asked = 0;
  let runId = 0;
  return {
    async onProgress({ id, messages_stored }) {
      runId = id;
      if (messages_stored < next) return;
      next = (Math.floor(messages_stored / FLOOD_EVERY) + 1) * FLOOD_EVERY;
      asked += 1;
      await centres.fail('messages.getHistory', 'FLOOD_WAIT_3600');
    },
    async end() {
      const struck = asked - (await centres.faultsLeft());
      const entries = await scraper.all<{ message: string }>(`/runs/${runId}/logs`);
      const used = entries.flatMap(({ message }) => /^reads with (.+)$/.exec(message)?.[1] ?? []);
      return [
        exactly(`sessions used, with ${struck} of them told to wait an hour`, used.length, struck + 1),
        exactly('of them, used again within that hour', used.length - new Set(used).size, 0),
      ];
    },
  };
}

/** More accounts than there are floods. */
export const FLOODED_ACCOUNTS = 24;

const KILL_EVERY_MS = 10_000;

/** Kills the service every ten seconds, and starts it again at once. */
export function kills({ place, scraper }: Troubled): Trouble {
  const over = new AbortController();
  let count = 0;
  const killing = (async () => {
    for (;;) {
      await delay(KILL_EVERY_MS, undefined, { signal: over.signal }).catch(() => undefined);
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
