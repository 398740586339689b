import { findPython, INSTALL_PYTHON } from '../../tests/clients/python/installation.js';
import type { Benchmark } from '../benchmark.js';
import { API_KEY } from '../client.js';
import { exactly, type Finding, noted, said } from '../finding.js';
import { until } from '../prefect/sources.js';
import { addressesIn } from '../scraping/addresses.js';
import { DataCentres } from '../scraping/data_centres.js';
import { Scraper } from '../scraping/scraper.js';
import { WORKER_PHONES } from '../scraping/world.js';
import { monotonicMs } from '../statistics.js';
import type { Workplace } from '../workplace.js';
import { ClientWorker, LIBRARIES, type Library } from './client_worker.js';
import { FAULTS, FaultInjector, type Injected } from './fault_injector.js';
import { judgeKeyUse } from './key_use.js';
import { type PastLease, pastLeases } from './lease_history.js';

const WORKERS_OF_EACH = 5;
const SESSIONS = 5;
const FAULTS_IN_ALL = 500;
const TTL_SECONDS = 10;
const SEED = 20_261_130;

/** The service ends what is over at the latest after this many seconds. */
const REAPER_SECONDS = 5;

/** Workers that nothing happens to any more use each session within this time, in seconds. */
const BACK_WITHIN_SECONDS = 120;

const TELL_EVERY = 25;

/** A session as the API lists it: the fields used here. */
interface ListedSession {
  readonly id: number;
  readonly status: string;
  readonly phone_number: string | null;
}

/** The values of `--way`. */
export const CLIENT_WAYS = ['faults'];

/**
 * Twenty workers with four libraries share five sessions, while they are killed, frozen for longer than their lease,
 * cut off the network and made to fail, and while the service is killed. `judgeKeyUse` says what must not be seen.
 */
export const clients: Benchmark = {
  name: 'clients',
  minutes: () => 90,
  async run(open, { share }) {
    const python = findPython();
    if (python === null) throw new Error(`needs Python: ${INSTALL_PYTHON}`);
    return faults(await open(), python, Math.round(FAULTS_IN_ALL * share));
  },
};

async function faults(place: Workplace, python: string, count: number): Promise<Finding[]> {
  const centres = await DataCentres.start(place, 'interleaved');
  const settings = { REAPER_INTERVAL_SECONDS: String(REAPER_SECONDS) };
  const scraper = await Scraper.start(place, centres, settings);
  await scraper.logIn(WORKER_PHONES.slice(0, SESSIONS));
  const workers = await startWorkers(place, { centres, scraper, python });
  const started = monotonicMs();
  const injector = new FaultInjector({ workers, scraper, ttlSeconds: TTL_SECONDS, seed: SEED });
  const injected = await injector.inject(count, (done) => {
    if (done % TELL_EVERY === 0) process.stdout.write(`${done} of ${count} faults\n`);
  });
  const seconds = (monotonicMs() - started) / 1000;
  const sessions = await sessionsOf(scraper);
  const back = await usedAgain(scraper, sessions);
  await Promise.all(workers.map((worker) => worker.stop()));
  const free = await allFree(scraper);
  const leases = await pastLeases(
    scraper,
    sessions.map(({ id }) => id),
  );
  const sessionOf = new Map(sessions.map(({ id, phone_number }) => [phone_number?.slice(1) ?? '', id]));
  const connections = await centres.connections();
  return [
    noted('seconds of faults', { value: seconds, unit: 's' }),
    ...describeFaults(injected),
    ...describeLeases(leases),
    ...judgeKeyUse({ connections, workers, leases, sessionOf }),
    exactly('sessions used and given back after the last fault', back, SESSIONS),
    ...free,
    ...judgeWorkers(workers),
  ];
}

interface Site {
  readonly centres: DataCentres;
  readonly scraper: Scraper;
  readonly python: string;
}

async function startWorkers(place: Workplace, { centres, scraper, python }: Site): Promise<ClientWorker[]> {
  const { addresses, port } = addressesIn(centres.telegram);
  const network = {
    service: { host: '127.0.0.1', port: scraper.server.port },
    centres: addresses.map((host) => ({ host, port })),
  };
  const workers: ClientWorker[] = [];
  for (const library of LIBRARIES) {
    for (let number = 1; number <= WORKERS_OF_EACH; number += 1) {
      const name = `${library}-${number}`;
      const { key: apiKey } = await createKey(scraper, name);
      const parts = { name, library, apiKey, python, ttlSeconds: TTL_SECONDS };
      workers.push(await ClientWorker.start(place, parts, network));
    }
  }
  return workers;
}

/** The service answers this with 201. */
async function createKey({ server }: Scraper, name: string): Promise<{ readonly key: string }> {
  const answer = await fetch(`http://127.0.0.1:${server.port}/keys`, {
    method: 'POST',
    headers: { 'X-API-Key': API_KEY, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, role: 'worker' }),
  });
  if (answer.status !== 201) throw new Error(`/keys answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as { readonly key: string };
}

function sessionsOf(scraper: Scraper): Promise<ListedSession[]> {
  return scraper.ask('GET', '/sessions?limit=1000');
}

/** How many of the sessions are leased and given back from now on, in time. */
async function usedAgain(scraper: Scraper, sessions: readonly ListedSession[]): Promise<number> {
  const since = Date.now();
  const used = async () => {
    const ids = sessions.map(({ id }) => id);
    const leases = await pastLeases(scraper, ids);
    const back = leases.filter(({ from, until, lost }) => from > since && Number.isFinite(until) && !lost);
    return new Set(back.map(({ sessionId }) => sessionId)).size;
  };
  const { answer } = await until(used, (count) => count === SESSIONS, {
    seconds: BACK_WITHIN_SECONDS,
    pollMs: 2_000,
  });
  return answer;
}

/** Without workers, every session is free after a lease and its cool-down. */
async function allFree(scraper: Scraper): Promise<Finding[]> {
  const within = { seconds: 2 * TTL_SECONDS + REAPER_SECONDS };
  const taken = async () => (await sessionsOf(scraper)).filter(({ status }) => status !== 'free');
  const { answer, ms } = await until(taken, (left) => left.length === 0, within);
  for (const { id, status } of answer) process.stdout.write(`session ${id} is ${status}\n`);
  return [
    exactly('sessions not free at the end', answer.length, 0),
    noted('until all were free', { value: ms / 1000, unit: 's' }),
  ];
}

function describeFaults({ counts, atHolders, toll }: Injected): Finding[] {
  for (const text of toll.fell.slice(0, 5)) process.stdout.write(`${text}\n`);
  return [
    said('faults', FAULTS.map((fault) => `${counts.get(fault)} × ${fault}`).join(', ')),
    noted('of them at a worker that was connected with a session', { value: atHolders, unit: '' }),
    exactly('services that ended by themselves', toll.fell.length, 0),
  ];
}

function describeLeases(leases: readonly PastLease[]): Finding[] {
  const lost = leases.filter((lease) => lease.lost);
  const ofEach = LIBRARIES.map((library) => `${countOf(leases, library)} ${library}`).join(', ');
  return [
    noted('leases', { value: leases.length, unit: '' }),
    said('by library', ofEach),
    noted('leases that were lost', { value: lost.length, unit: '' }),
    noted('of them with a cool-down', {
      value: lost.filter(({ until, leasableFrom }) => leasableFrom > until).length,
      unit: '',
    }),
  ];
}

function countOf(leases: readonly PastLease[], library: Library): number {
  return leases.filter(({ worker }) => worker.startsWith(`${library}-`)).length;
}

/** No worker crashes, and none is told that its session is dead. */
function judgeWorkers(workers: readonly ClientWorker[]): Finding[] {
  const fell = workers.flatMap((worker) => worker.fell);
  for (const text of fell.slice(0, 5)) process.stdout.write(`${text}\n`);
  const dead = workers.flatMap(({ outcomes }) =>
    outcomes.filter((text) => /AUTH_?KEY|Unauthorized/i.test(text)),
  );
  for (const text of dead.slice(0, 5)) process.stdout.write(`${text}\n`);
  return [
    exactly('workers that ended by themselves', fell.length, 0),
    exactly('workers told that their session is dead', dead.length, 0),
    ...LIBRARIES.map((library) => said(`how leases ended, ${library}`, outcomesOf(workers, library))),
  ];
}

/** The outcomes of one library's workers by their kind, the most frequent ones first. */
function outcomesOf(workers: readonly ClientWorker[], library: Library): string {
  const counts = new Map<string, number>();
  for (const { parts, outcomes } of workers) {
    if (parts.library !== library) continue;
    for (const outcome of outcomes) {
      const kind = outcome.replace(/\d+/g, 'N').slice(0, 60);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
  }
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  for (const [kind, count] of sorted.slice(5)) process.stdout.write(`${library}: ${count} × ${kind}\n`);
  return sorted
    .slice(0, 5)
    .map(([kind, count]) => `${count} × ${kind}`)
    .join('; ');
}
