import { iso, type SteadyClock } from '../kernel/clock.js';
import { redactText } from '../kernel/redact.js';
import type { LogCreate } from './api_types.js';
import type { PrefectClient } from './client.js';
import { PrefectError } from './errors.js';
import type { CallOptions } from './http.js';
import type { FlowRun, NumberedLogEntry, PrefectStore } from './store.js';

export interface FlowRunLogsParts {
  readonly client: Pick<PrefectClient, 'createLogs'>;
  readonly store: Pick<PrefectStore, 'logsToSend' | 'logsSent'>;
  readonly clock: SteadyClock;
}

/** How many entries one call carries, and how many characters of messages. */
const MAX_ENTRIES = 200;
const MAX_CHARACTERS = 100_000;

const LOGGER_NAME = 'telegate.run';

/** Python's levels. */
const LEVELS = { info: 20, warning: 30, error: 40 } as const;

/**
 * Sends what Prefect lacks of a run's log. Entries are there twice if this stops between sending and recording. What
 * Prefect refuses for good is left out. @throws as the client.
 */
export async function sendLogs(
  run: FlowRun,
  { client, store, clock }: FlowRunLogsParts,
  options: CallOptions,
): Promise<void> {
  for (;;) {
    const entries = batchOf(await store.logsToSend(run.id, MAX_ENTRIES));
    const last = entries.at(-1);
    if (!last) return;
    const logs = entries.map((entry): LogCreate => {
      const { at, level, message } = entry;
      return {
        ...{ name: LOGGER_NAME, level: LEVELS[level], message: redactText(message) },
        ...{ timestamp: iso(clock, at), flow_run_id: run.flowRunId },
      };
    });
    await client.createLogs(logs, options).catch((error: unknown) => {
      if (!(error instanceof PrefectError && isRefusal(error.answered))) throw error;
    });
    await store.logsSent(run.id, last.id);
  }
}

/** As many of the first entries as one call may carry; at least one. */
function batchOf(entries: readonly NumberedLogEntry[]): readonly NumberedLogEntry[] {
  let characters = 0;
  const tooMany = entries.findIndex(({ message }, at) => {
    characters += message.length;
    return at > 0 && characters > MAX_CHARACTERS;
  });
  return tooMany < 0 ? entries : entries.slice(0, tooMany);
}

/** The same entries would be refused again; wrong credentials may be corrected. */
function isRefusal(status: number): boolean {
  return status === 404 || status === 413 || status === 422;
}
