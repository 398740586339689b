import { setMaxListeners } from 'node:events';
import type { Lease } from '../clients/typescript/src/lease.js';
import { TeleGate } from '../clients/typescript/src/telegate.js';
import { sandboxNetwork } from '../sandbox/network.js';
import { decodeSessionString } from '../src/intake/formats/session_string.js';
import { awaitedTimers } from '../src/kernel/timers.js';
import { RESOLVE_METHOD } from '../src/peers/resolve_budget.js';
import { isRpcError } from '../src/telegram/errors.js';
import type { Channel, ConnectedAccount, Peer, TelegramGateway } from '../src/telegram/gateway.js';
import { createGramjsGateway } from '../src/telegram/gramjs/gateway.js';
import type { Benchmark } from './benchmark.js';
import { API_KEY } from './client.js';
import { atLeast, below, exactly, type Finding, noted } from './finding.js';
import { addressesIn } from './scraping/addresses.js';
import { DataCentres } from './scraping/data_centres.js';
import { Scraper } from './scraping/scraper.js';
import { APPLICATION, TOPICS, WORKER_PHONES } from './scraping/world.js';
import { monotonicMs } from './statistics.js';
import type { Workplace } from './workplace.js';

const ACCOUNTS = 10;
const WORKERS = 20;

/** How often each channel is worked: a scraper looks into it again and again. */
const ROUNDS = 8;

/** Telegram's limit for each account in a day, as users report it; and the service's budget. */
const LIMIT = { perDay: 200, waitSeconds: 66_230 };
const BUDGET = 150;

/** A flooded account is leased no more to who does not say what for: after so many floods, none is left. */
const ENOUGH_FLOODS = ACCOUNTS;

const WAIT_SECONDS = 300;

/**
 * A thousand channels worked by twenty workers on ten accounts, whose data centres limit how many usernames each
 * account may resolve: with affinity, and the same workload without it, where each worker only remembers what it has
 * resolved itself.
 */
export const affinity: Benchmark = {
  name: 'affinity',
  minutes: () => 60,
  async run(open, { share }) {
    const place = await open();
    const centres = await DataCentres.start(place);
    const scraper = await Scraper.start(place, centres, { RESOLVE_BUDGET_PER_DAY: String(BUDGET) });
    await scraper.logIn(WORKER_PHONES.slice(0, ACCOUNTS));
    const site = { place, centres, scraper, gateway: gatewayTo(centres), names: TOPICS };
    try {
      const rounds = Math.max(1, Math.round(ROUNDS * share));
      // Before the accounts are flooded, and without the limit, which would end it early.
      const without = await measure(site, rounds, remembering, null);
      const ours = await measure(site, rounds, withAffinity, LIMIT);
      const flooded = await measure(site, rounds, remembering, LIMIT);
      return findings({ ours, without, flooded, visits: rounds * TOPICS.length });
    } finally {
      await site.gateway.close();
    }
  },
};

interface Site {
  readonly place: Workplace;
  readonly centres: DataCentres;
  readonly scraper: Scraper;
  readonly gateway: TelegramGateway;
  readonly names: readonly string[];
}

function gatewayTo({ telegram }: DataCentres): TelegramGateway {
  return createGramjsGateway({ network: sandboxNetwork(addressesIn(telegram)), timers: awaitedTimers });
}

/** What one workload did, by the log of the data centres. */
interface Outcome {
  readonly visits: number;
  readonly seconds: number;
  /** Successful, and refused with a flood. */
  readonly resolves: number;
  readonly floods: number;
  /** Of one name by one account, beyond the first. */
  readonly repeated: number;
}

/** How a worker finds the channel of a visit. */
interface Way {
  /** The options of its lease. */
  readonly options: (name: string) => { readonly channel?: string };
  /** What is known of the channel before Telegram is asked. */
  readonly known: (worker: number, session: Lease, name: string) => Peer | null;
  readonly learn: (worker: number, session: Lease, channel: Channel) => Promise<void>;
}

const withAffinity: Way = {
  options: (name) => ({ channel: `@${name}` }),
  known: (_worker, { peer }) =>
    peer && { id: String(peer.id), accessHash: peer.access_hash === null ? null : String(peer.access_hash) },
  async learn(_worker, session, { id, accessHash: access_hash, username, title }) {
    await session.savePeers([{ id: BigInt(id), access_hash: BigInt(access_hash ?? 0), username, title }]);
  },
};

/** Each worker remembers what it has resolved with each account. */
const memory = new Map<string, Peer>();
const remembering: Way = {
  options: () => ({}),
  known: (worker, { session_id }, name) => memory.get(`${worker} ${session_id} ${name}`) ?? null,
  async learn(worker, { session_id }, channel) {
    memory.set(`${worker} ${session_id} ${channel.username}`, channel);
  },
};

async function measure(
  { centres, scraper, gateway, names }: Site,
  rounds: number,
  way: Way,
  limit: typeof LIMIT | null,
): Promise<Outcome> {
  memory.clear();
  await centres.limitResolves(limit);
  const { pool } = new TeleGate({ baseUrl: `http://127.0.0.1:${scraper.server.port}`, apiKey: API_KEY });
  const queue = Array.from({ length: rounds }, () => names).flat();
  const started = monotonicMs();
  const ended = new AbortController();
  const { signal } = ended;
  // Each worker's request and its lease listen to it.
  setMaxListeners(2 * WORKERS, signal);
  let [visits, floods] = [0, 0];
  const work = async (worker: number) => {
    for (let name = queue.shift(); name !== undefined && !signal.aborted; name = queue.shift()) {
      const channel = name;
      const options = { credentials: 'string', format: 'gramjs', wait: WAIT_SECONDS, signal } as const;
      const visit = (session: Lease) => visitChannel({ worker, session, gateway, way, channel });
      try {
        await pool.withSession(visit, { ...options, ...way.options(channel) });
        visits += 1;
      } catch (error) {
        if (signal.aborted) return;
        if (!isFlood(error)) throw error;
        floods += 1;
        if (floods === ENOUGH_FLOODS) ended.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)));
  const seconds = (monotonicMs() - started) / 1000;
  return { visits, seconds, ...judge(await centres.resolves()) };
}

interface Visit {
  readonly worker: number;
  readonly session: Lease;
  readonly gateway: TelegramGateway;
  readonly way: Way;
  readonly channel: string;
}

/** Finds the channel, by name only if need be, and reads its newest messages. */
async function visitChannel({ worker, session, gateway, way, channel: name }: Visit): Promise<void> {
  const decoded = decodeSessionString(session.details.session_string ?? '');
  if (!decoded) throw new Error('no session string');
  const { dcId, authKey } = decoded.credentials;
  const access = { key: { dcId, test: false, authKey }, apiId: APPLICATION.apiId, proxy: null };
  await gateway.withAccount({ ...access, withinSeconds: 60 }, async (account: ConnectedAccount) => {
    let peer = way.known(worker, session, name);
    if (!peer) {
      const channel = await account.resolve(name).catch(async (error: unknown) => {
        if (isFlood(error)) await session.report(error.telegramError, { method: RESOLVE_METHOD });
        throw error;
      });
      await way.learn(worker, session, channel);
      peer = channel;
    }
    const messages = await account.history(peer, { minId: 0, offsetId: 0, limit: 10 });
    if (messages.length === 0) throw new Error(`${name} has no messages`);
  });
}

function isFlood(error: unknown): error is Error & { readonly telegramError: string } {
  return isRpcError(error) && error.telegramError.startsWith('FLOOD_WAIT_');
}

function judge(resolves: Awaited<ReturnType<DataCentres['resolves']>>) {
  const made = resolves.filter(({ flooded }) => !flooded);
  const distinct = new Set(made.map(({ phone, username }) => `${phone} ${username}`));
  const floods = resolves.length - made.length;
  return { resolves: made.length, floods, repeated: made.length - distinct.size };
}

interface Compared {
  readonly ours: Outcome;
  readonly without: Outcome;
  readonly flooded: Outcome;
  readonly visits: number;
}

function findings({ ours, without, flooded, visits }: Compared): Finding[] {
  const fewer = {
    ours: { value: without.resolves, unit: 'resolves' },
    against: { value: ours.resolves, unit: 'resolves', name: 'with affinity' },
  };
  return [
    exactly('visits done with affinity', ours.visits, visits),
    exactly('floods with affinity', ours.floods, 0),
    exactly('names resolved twice by an account', ours.repeated, 0),
    exactly('visits done without affinity or limit', without.visits, visits),
    atLeast('resolves without affinity', fewer, 5),
    below('visits without affinity until floods ended it', { value: flooded.visits, unit: '' }, visits),
    exactly('accounts flooded without affinity', flooded.floods, ENOUGH_FLOODS),
    noted('seconds with affinity', { value: ours.seconds, unit: 's' }),
    noted('seconds without affinity', { value: without.seconds, unit: 's' }),
  ];
}
