import { setTimeout as delay } from 'node:timers/promises';
import { API_KEY } from '../client.js';
import type { Scraper, ToldRun } from '../scraping/scraper.js';
import { monotonicMs } from '../statistics.js';

/** A source as the API returns it: the fields used here. */
export interface ToldSource {
  readonly id: number;
  readonly total_messages_scraped: number;
  readonly last_run: { readonly id: number; readonly state: string; readonly error: string | null } | null;
  readonly deployment: { readonly id: string | null; readonly synchronised: boolean } | null;
}

/** A run, and when it began and ended, in ISO 8601. */
export interface TimedRun extends ToldRun {
  readonly flow_run_id: string | null;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}

const POLL_MS = 200;
const ENDS = ['completed', 'failed', 'cancelled'];

/** The services of one database: what any of them answers is as good, while some are dead. */
export class Services {
  readonly all: readonly Scraper[];

  constructor(all: readonly Scraper[]) {
    this.all = all;
  }

  get first(): Scraper {
    const [first] = this.all;
    if (!first) throw new Error('there are no services');
    return first;
  }

  /** Reads from whichever service answers. Rejects if none does. */
  async read<Answer>(path: string): Promise<Answer> {
    let failed: unknown;
    for (const one of this.all) {
      try {
        return await one.ask<Answer>('GET', path);
      } catch (error) {
        failed = error;
      }
    }
    throw failed;
  }

  /** All sources, by id. */
  async sources(): Promise<ToldSource[]> {
    const found: ToldSource[] = [];
    for (;;) {
      const page = await this.read<ToldSource[]>(`/sources?skip=${found.length}&limit=1000`);
      found.push(...page);
      if (page.length < 1000) return found;
    }
  }

  /** The newest runs of a source, newest first. */
  runs(sourceId: number, limit = 1000): Promise<TimedRun[]> {
    return this.read<TimedRun[]>(`/sources/${sourceId}/runs?limit=${limit}`);
  }
}

/** Creates a source for a public channel; returns its id. */
export async function createSource(
  scraper: Scraper,
  channel: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<number> {
  const body = { name: channel, channel_username: channel, target: 'NAS', ...options };
  return (await scraper.ask<{ id: number }>('POST', '/sources/public', body)).id;
}

/** Whether no run is under way. */
export function haveEnded(sources: readonly ToldSource[]): boolean {
  return sources.every(({ last_run }) => last_run === null || ENDS.includes(last_run.state));
}

/** Asks until it is so; resolves to the last answer, with `late` true if that did not come about in time. */
export async function until<Answer>(
  ask: () => Promise<Answer>,
  isSo: (answer: Answer) => boolean,
  { seconds, pollMs = POLL_MS }: { readonly seconds: number; readonly pollMs?: number },
): Promise<{ readonly answer: Answer; readonly late: boolean; readonly ms: number }> {
  const began = monotonicMs();
  for (;;) {
    const outcome = await ask().then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    const ms = monotonicMs() - began;
    if ('answer' in outcome && isSo(outcome.answer)) return { answer: outcome.answer, late: false, ms };
    if (ms > seconds * 1000) {
      if ('answer' in outcome) return { answer: outcome.answer, late: true, ms };
      throw outcome.error;
    }
    await delay(pollMs);
  }
}

/** Waits until Prefect has a deployment of every source; returns their ids, by source. */
export async function deploymentsOf(services: Services, seconds = 60): Promise<ReadonlyMap<number, string>> {
  const { answer } = await until(
    () => services.sources(),
    (sources) => sources.every(({ deployment }) => deployment?.synchronised),
    { seconds },
  );
  return new Map(
    answer.map(({ id, deployment }) => {
      if (!deployment?.id) throw new Error(`source ${id} has no deployment after ${seconds} s`);
      return [id, deployment.id];
    }),
  );
}

/** Starts a run of a source; returns the status of the answer, and the run, if there is one. */
export async function trigger(
  { server }: Scraper,
  sourceId: number,
): Promise<{ readonly status: number; readonly runId: number | null }> {
  const answer = await fetch(`http://127.0.0.1:${server.port}/sources/${sourceId}/trigger`, {
    method: 'POST',
    headers: { 'X-API-Key': API_KEY },
  });
  const { run_id: runId = null } = (await answer.json()) as { run_id?: number };
  return { status: answer.status, runId: answer.ok ? runId : null };
}
