import { setTimeout as delay } from 'node:timers/promises';
import { below, exactly, type Finding, noted, said } from '../finding.js';
import { monotonicMs } from '../statistics.js';
import { CountingProxy } from './counting_proxy.js';
import type { Site } from './site.js';
import { createSource, Services, until } from './sources.js';

const SOURCES = 1_000;

/** How many sources are created at once. */
const AT_ONCE = 8;

const PATIENCE_SECONDS = 900;

/** How often everything is compared, in seconds. */
const ROUND_SECONDS = 15;

/** A few rounds. */
const WATCHED_ROUNDS = 4;

/** The most requests of a round with nothing to do. */
const HANDFUL = 20;

/** What many sources cost that do not change. */
export async function thousand(site: Site, share: number): Promise<Finding[]> {
  const count = Math.round(SOURCES * share);
  const proxy = await CountingProxy.start(site.prefect.apiUrl);
  site.place.afterwards(() => proxy.close());
  // It executes nothing: what workers ask is not counted.
  const settings = { MAX_CONCURRENT_RUNS: '0' };
  const options = { prefectUrl: proxy.url, database: 'telegate', settings };
  const service = await site.startService(options);
  const services = new Services([service]);
  const began = monotonicMs();
  const numbers = Array.from({ length: count }, (_, at) => at);
  const creating = Array.from({ length: AT_ONCE }, async () => {
    for (let at = numbers.pop(); at !== undefined; at = numbers.pop()) {
      await createSource(service, `channel_${at}`, { is_active: false, schedule: '0 3 * * *' });
    }
  });
  await Promise.all(creating);
  const createdSeconds = (monotonicMs() - began) / 1000;
  const due = () =>
    site.postgres.sql('SELECT 1 FROM deployments WHERE revision <> synced_revision', 'telegate');
  const synced = await until(due, (left) => left.length === 0, { seconds: PATIENCE_SECONDS });
  const seconds = (monotonicMs() - began) / 1000;
  const sources = await services.sources();
  const unsynchronised = sources.filter(({ deployment }) => !deployment?.synchronised).length;
  const making = proxy.take();
  await delay(2 * ROUND_SECONDS * 1000);
  proxy.take();
  await delay(WATCHED_ROUNDS * ROUND_SECONDS * 1000);
  const idle = proxy.take();
  const perRound = total(idle) / WATCHED_ROUNDS;
  return [
    noted(`seconds until ${count} sources were created`, { value: createdSeconds, unit: 's' }),
    noted(`seconds until ${count} new sources had their deployments`, { value: seconds, unit: 's' }),
    exactly('sources not synchronised', synced.late ? synced.answer.length : unsynchronised, 0),
    said('requests for that', shown(making)),
    below(
      `requests in ${ROUND_SECONDS} s with ${count} unchanged sources`,
      { value: perRound, unit: '' },
      HANDFUL,
    ),
    said(`requests in ${WATCHED_ROUNDS * ROUND_SECONDS} s`, shown(idle)),
  ];
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, one) => sum + one, 0);
}

function shown(counts: ReadonlyMap<string, number>): string {
  const most = [...counts].sort(([, one], [, other]) => other - one);
  return most.map(([call, times]) => `${times} × ${call}`).join(', ');
}
