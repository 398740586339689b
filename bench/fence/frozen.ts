import { setTimeout as delay } from 'node:timers/promises';
import { API_KEY } from '../client.js';
import { exactly, type Finding, noted, said } from '../finding.js';
import { nodeCommand } from '../programs.js';
import { type Connection, DataCentres } from '../scraping/data_centres.js';
import { Scraper } from '../scraping/scraper.js';
import { WORKER_PHONES } from '../scraping/world.js';
import { freePort } from '../server.js';
import { median, monotonicMs } from '../statistics.js';
import type { Running, Workplace } from '../workplace.js';

const SESSIONS = 4;

/** A worker is stopped at some moment of its work, this many milliseconds after its first answer at most. */
const MAX_WORK_MS = 400;

/** The successor has worked within this time after the stop, in milliseconds. */
const PATIENCE_MS = 30_000;

const TELL_EVERY = 50;

/**
 * Two workers for each session take turns: the one that uses it is stopped by SIGSTOP, and woken once the other one has it
 * and has been answered with it. What the data centres have logged says whether they heard of the first one again.
 */
export async function frozenWorkers(place: Workplace, times: number): Promise<Finding[]> {
  const centres = await DataCentres.start(place);
  const egress = { EGRESS_PORT: String(await freePort()), REAPER_INTERVAL_SECONDS: '1' };
  const scraper = await Scraper.start(place, centres, egress);
  await scraper.logIn(WORKER_PHONES.slice(0, SESSIONS));
  const url = `http://127.0.0.1:${scraper.server.port}`;
  const started = monotonicMs();
  const handovers: number[] = [];
  const onHandover = (milliseconds: number) => {
    handovers.push(milliseconds);
    if (handovers.length % TELL_EVERY === 0) process.stdout.write(`${handovers.length} handovers\n`);
  };
  const pairs = Array.from({ length: SESSIONS }, (_, at) => {
    const args = [url, API_KEY, String(at + 1), centres.telegram];
    return new Pair([1, 2].map(() => place.start(nodeCommand('fenced_worker', args))));
  });
  const perPair = Math.ceil(times / SESSIONS);
  await Promise.all(pairs.map((pair) => pair.takeTurns(perPair, onHandover)));
  // The last ones that were woken go on for a moment.
  await delay(2000);
  for (const pair of pairs) pair.kill();
  const connections = await centres.connections();
  const metrics = await metricsOf(url);
  const workers = connections.filter(({ phone }) => phone !== null && WORKER_PHONES.includes(`+${phone}`));
  return [
    exactly(
      'workers stopped, and woken after another one had their session',
      handovers.length,
      perPair * SESSIONS,
    ),
    exactly('messages of a worker that was woken', heardAfterwards(workers), 0),
    exactly('its connections that were still open', openBeside(workers), 0),
    exactly('keys used by two connections at once', (await centres.overlaps()).length, 0),
    noted('connections', { value: workers.length, unit: '' }),
    noted('its attempts to connect again, which were refused', { value: metrics.refused, unit: '' }),
    said('attempts were made', String(metrics.refused > 0), 'true'),
    noted('from the stop to the successor’s first answer, median', { value: median(handovers), unit: 'ms' }),
    noted('seconds in all', { value: (monotonicMs() - started) / 1000, unit: 's' }),
  ];
}

/** Two workers that share a session. */
class Pair {
  readonly #workers: readonly Running[];
  /** Who was answered last under a new lease: the holder. */
  #holder: Running | null = null;
  #changed: () => void = () => {};

  constructor(workers: readonly Running[]) {
    this.#workers = workers;
    for (const worker of workers) {
      worker.onLine(() => {
        this.#holder = worker;
        this.#changed();
      });
    }
  }

  /** Stops and wakes the holder, so many times. */
  async takeTurns(times: number, onHandover: (milliseconds: number) => void): Promise<void> {
    let holder = await this.#holderBut(null);
    for (let turn = 0; turn < times; turn += 1) {
      await delay(Math.random() * MAX_WORK_MS);
      holder = this.#holder ?? holder;
      const stoppedAt = monotonicMs();
      holder.kill('SIGSTOP');
      const next = await this.#holderBut(holder);
      holder.kill('SIGCONT');
      onHandover(monotonicMs() - stoppedAt);
      holder = next;
    }
  }

  kill(): void {
    for (const worker of this.#workers) worker.kill('SIGKILL');
  }

  /** The holder, once it is another one than this. */
  async #holderBut(former: Running | null): Promise<Running> {
    const until = monotonicMs() + PATIENCE_MS;
    for (;;) {
      const holder = this.#holder;
      if (holder !== null && holder !== former) return holder;
      const left = until - monotonicMs();
      if (left <= 0) throw new Error('the other worker did not get the session');
      const changed = new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
      await Promise.race([changed, delay(left, undefined, { ref: false })]);
    }
  }
}

/** Connections that sent something after a later connection of the same key had begun to. */
function heardAfterwards(connections: readonly Connection[]): number {
  return pairsOfKeys(connections).filter(([earlier, later]) => {
    return (earlier.last_message_order ?? 0) > (later.first_message_order ?? 0);
  }).length;
}

/** Connections that the data centre had not seen closed when a later one of the same key began to send. */
function openBeside(connections: readonly Connection[]): number {
  return pairsOfKeys(connections).filter(([earlier, later]) => {
    return (earlier.closed_order ?? Number.POSITIVE_INFINITY) > (later.first_message_order ?? 0);
  }).length;
}

/** Connections of one key that follow each other. */
function pairsOfKeys(connections: readonly Connection[]): (readonly [Connection, Connection])[] {
  const byKey = new Map<string, Connection[]>();
  for (const one of connections) {
    if (one.key_id === null || one.first_message_order === null) continue;
    byKey.set(one.key_id, [...(byKey.get(one.key_id) ?? []), one]);
  }
  return [...byKey.values()].flatMap((of) => {
    const sorted = of.toSorted((a, b) => (a.first_message_order ?? 0) - (b.first_message_order ?? 0));
    return sorted.flatMap((later, at) => sorted.slice(0, at).map((earlier) => [earlier, later] as const));
  });
}

async function metricsOf(url: string): Promise<{ readonly refused: number }> {
  const answer = await fetch(`${url}/metrics`, { headers: { 'X-API-Key': API_KEY } });
  const line = /^telegate_egress_refusals_total{reason="lease_ended"} (\d+)$/m.exec(await answer.text());
  return { refused: Number(line?.[1] ?? 0) };
}
