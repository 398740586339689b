import { exactly, noted } from '../finding.js';
import type { Trouble, Troubled } from '../scraping/trial.js';

/** How many times in a run Telegram asks a session to wait an hour. */
const FLOODS = 12;

/** Makes Telegram ask one of the readers to wait an hour, at equal distances of messages. */
export function hourlyFloods({ centres, scraper }: Troubled): Trouble {
  let asked = 0;
  let runId = 0;
  return {
    async onProgress({ id, messages_stored: stored, total_messages: total }) {
      runId = id;
      if (total === null || asked === FLOODS || stored < ((asked + 1) * total) / (FLOODS + 1)) return;
      asked += 1;
      await centres.fail('messages.getHistory', 'FLOOD_WAIT_3600');
    },
    async end() {
      const struck = asked - (await centres.faultsLeft());
      const entries = await scraper.all<{ message: string }>(`/runs/${runId}/logs`);
      const told = entries.flatMap(({ message }) => /^(\S+): .* wait 3600 seconds/.exec(message)?.[1] ?? []);
      return [
        exactly('sessions that were told to wait an hour', new Set(told).size, struck),
        noted('of them, as planned', { value: FLOODS, unit: '' }),
      ];
    },
  };
}
