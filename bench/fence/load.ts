import { setTimeout as delay } from 'node:timers/promises';
import { API_KEY } from '../client.js';
import { atLeast, below, type Finding, noted } from '../finding.js';
import { memory } from '../process_stats.js';
import { nodeCommand } from '../programs.js';
import type { BareReaderOptions, BareReading } from '../scraping/bare_reader.js';
import { DataCentres } from '../scraping/data_centres.js';
import { Scraper } from '../scraping/scraper.js';
import { WIRES, WORKER_PHONES } from '../scraping/world.js';
import { freePort, Server } from '../server.js';
import { writePlainFiles } from '../session_files.js';
import { median } from '../statistics.js';
import type { Workplace } from '../workplace.js';
import type { FlowOrder } from './flow.js';
import { HeldConnections } from './held_connections.js';

/** The proxy of a lease. */
type SocksProxy = NonNullable<FlowOrder['proxy']>;

const CONNECTIONS = 1000;
const MEMORY_LIMIT_MIB = 50;
/** The fence allows 64 for each. */
const SESSIONS = 20;
const FLOW_BYTES = 256 * 2 ** 20;
const ROUNDS = 7;
const READINGS = 3;
/** In each of the channels that are read. */
const WIRE_MESSAGES = 5000;

interface Site {
  readonly server: Server;
  /** The port of what stands where a data centre would. */
  readonly port: number;
}

/** A service with an egress fence, over a data centre that understands no Telegram. */
async function site(place: Workplace): Promise<Site> {
  const dataCentre = place.start(nodeCommand('plain_data_centre', []));
  const port = Number(await dataCentre.firstLine);
  writePlainFiles(await place.makeDirectory('sessions'), SESSIONS);
  const key = { pem: '', modulus: '3', exponent: 3, fingerprint: '1' };
  const telegram = JSON.stringify({ addresses: ['127.0.0.1'], port, key });
  const settings = { EGRESS_PORT: String(await freePort()) };
  const server = await Server.start(place, {
    ...{ program: 'service', args: ['--telegram', telegram], settings },
  });
  return { server, port };
}

async function leased({ server }: Site): Promise<SocksProxy> {
  const url = `http://127.0.0.1:${server.port}/session?egress=true&ttl=3600&wait=10`;
  const answer = await fetch(url, { headers: { 'X-API-Key': API_KEY } });
  if (!answer.ok) throw new Error(`/session answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { proxy: SocksProxy }).proxy;
}

/** What 1,000 connections through the fence take, each of which has passed bytes. */
export async function connectionMemory(place: Workplace): Promise<Finding[]> {
  const here = await site(place);
  const proxies = await Promise.all(Array.from({ length: SESSIONS }, () => leased(here)));
  const held = new HeldConnections(proxies, { host: '127.0.0.1', port: here.port });
  await held.open(SESSIONS);
  await held.closeAll();
  await delay(2000);
  const before = memory(here.server.pid).nowMiB;
  await held.open(CONNECTIONS);
  await held.exchange();
  await delay(2000);
  const after = memory(here.server.pid);
  await held.closeAll();
  return [
    below(
      `memory of ${CONNECTIONS} connections`,
      { value: after.nowMiB - before, unit: 'MiB' },
      MEMORY_LIMIT_MIB,
    ),
    noted('the service without them', { value: before, unit: 'MiB' }),
    noted('the service at its peak', { value: after.peakMiB, unit: 'MiB' }),
  ];
}

/** GramJS reading a channel with its files, through the fence and directly, in turn; and mere bytes. */
export async function throughput(place: Workplace, other: Workplace): Promise<Finding[]> {
  return [await reading(place), ...(await bytes(other))];
}

async function reading(place: Workplace): Promise<Finding> {
  const centres = await DataCentres.start(place);
  const scraper = await Scraper.start(place, centres, { EGRESS_PORT: String(await freePort()) });
  await scraper.logIn(WORKER_PHONES.slice(0, 1));
  const query = 'egress=true&ttl=3600&credentials=string&format=gramjs';
  const lease = await scraper.ask<{ session_string: string; proxy: SocksProxy }>('GET', `/session?${query}`);
  const directory = await place.makeDirectory('files');
  const [channel = ''] = WIRES;
  const shared = { telegram: centres.telegram, session: lease.session_string, channel, directory };
  const seconds = { direct: [] as number[], fenced: [] as number[] };
  for (let round = 0; round < READINGS; round += 1) {
    for (const [way, through] of Object.entries({ direct: {}, fenced: { proxy: lease.proxy } })) {
      const options: BareReaderOptions = { ...shared, ...through };
      const told = await place.run(nodeCommand('bare_reader', [JSON.stringify(options)]));
      seconds[way as keyof typeof seconds].push((JSON.parse(told) as BareReading).seconds);
    }
  }
  const speed = (of: readonly number[]) => WIRE_MESSAGES / median(of);
  const ours = { value: speed(seconds.fenced), unit: 'messages/s' };
  const against = { name: 'direct', value: speed(seconds.direct), unit: 'messages/s' };
  return atLeast('GramJS reads a channel and its files', { ours, against }, 0.5);
}

/** As fast as the machine copies, which both ends and the fence share: no client of Telegram comes near it. */
async function bytes(place: Workplace): Promise<Finding[]> {
  const here = await site(place);
  const proxy = await leased(here);
  const findings: Finding[] = [];
  for (const direction of ['down', 'up'] as const) {
    const speeds = { direct: [] as number[], fenced: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [way, through] of Object.entries({ direct: null, fenced: proxy })) {
        const order: FlowOrder = {
          ...{ direction, bytes: FLOW_BYTES, host: '127.0.0.1', port: here.port, proxy: through },
        };
        const ms = Number(await place.run(nodeCommand('flow', [JSON.stringify(order)])));
        speeds[way as keyof typeof speeds].push(FLOW_BYTES / 2 ** 20 / (ms / 1000));
      }
    }
    for (const [way, all] of Object.entries(speeds))
      findings.push(noted(`mere bytes ${direction}, ${way}`, { value: median(all), unit: 'MiB/s' }));
  }
  return findings;
}
