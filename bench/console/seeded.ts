import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { systemTime } from '../../src/kernel/clock.js';
import { createLogger } from '../../src/kernel/logging.js';
import type { SourceSettings } from '../../src/sources/store.js';
import type { Database } from '../../src/storage/database.js';
import { parseDatabaseUrl } from '../../src/storage/database_url.js';
import { openDatabase } from '../../src/storage/open.js';
import { Client } from '../client.js';
import { type DatabaseChoice, ownDatabase } from '../scraping/own_database.js';
import { Server } from '../server.js';
import { writePlainFiles } from '../session_files.js';
import type { Workplace } from '../workplace.js';

export const SESSIONS = 10_000;
export const SOURCES = 1_000;
const AUDIT_ROWS = 100_000;
const RUNS_A_SOURCE = 3;
const FILES_A_RUN = 4;
const KEYS = 40;

/** How many sessions are leased all the time. */
const LEASED = 500;

/** How many rows are written together. */
const AT_ONCE = 1_000;

const REGIONS = ['eu', 'us', 'asia'];
const PURPOSES = ['news', 'chats', 'archive', 'trial'];

const ACTIONS = [
  ...['session.change', 'session.test', 'session.restore', 'session.delete', 'session.export'],
  ...['source.create', 'source.change', 'source.trigger', 'key.create', 'login.begin'],
];

const SOURCE: SourceSettings = {
  ...{ name: '', identifier: '', channelTitle: null, accessLevel: 'public' },
  ...{ target: 'LOCAL', targetPath: null, sessionId: null, fileTypes: null, schedule: null },
  ...{ isActive: false, apiId: null, apiHash: null, botToken: null },
};

/** A service with much to show: its sessions as files, everything else written straight to its database. */
export async function seededServer(place: Workplace, choice: DatabaseChoice): Promise<Server> {
  const database = await ownDatabase(place, choice);
  writePlainFiles(await place.makeDirectory('sessions'), SESSIONS);
  const server = await Server.start(place, { program: 'telegate', settings: database });
  await synced(server);
  await server.stop('SIGTERM');
  await seed(place, database.DATABASE_URL);
  await server.start();
  await leaseSome(server);
  return server;
}

async function synced(server: Server): Promise<void> {
  const client = new Client(server.port);
  const { status, body } = await client.ask('POST', '/sync');
  client.close();
  if (status !== 200) throw new Error(`/sync answered ${status}: ${body}`);
}

async function seed(place: Workplace, url: string | undefined): Promise<void> {
  const named = parseDatabaseUrl(url ?? `sqlite:${join(place.directory, 'data', 'telegate.db')}`);
  const target = named.kind === 'sqlite' ? named : { ...named, connections: 10, statementTimeoutMs: 60_000 };
  const logger = createLogger({ level: 'error' });
  const database = await openDatabase(target, { logger, time: systemTime });
  try {
    await tagSessions(database);
    await addSources(database);
    await addKeys(database);
    await addAuditRows(database);
  } finally {
    await database.close();
  }
}

async function tagSessions({ sessions, clock }: Database): Promise<void> {
  await inParts(SESSIONS, async (number) => {
    const tags = [oneOf(REGIONS, number), oneOf(PURPOSES, number * 7)];
    await sessions.edit(number, { tags }, clock.now());
  });
}

async function addSources({ sources, runs, clock }: Database): Promise<void> {
  await inParts(SOURCES, async (number) => {
    const named = { name: `Source ${number}`, identifier: `@channel_${number}` };
    const channelTitle = `The channel of ${oneOf(PURPOSES, number)} no. ${number}`;
    const outcome = await sources.create({ ...SOURCE, ...named, channelTitle }, null, clock.now());
    if (outcome.kind !== 'done') throw new Error(`the source is ${outcome.kind}`);
  });
  for (let run = 1; run <= RUNS_A_SOURCE; run += 1) {
    // Whoever carries runs out takes the one that has waited longest: not the one of a source.
    await inParts(SOURCES, async (number) => void (await runs.begin(number, 'schedule', clock.now())));
    await inParts(SOURCES, (number) => carryOut({ runs, clock }, run * SOURCES + number));
  }
}

/** One run, with its files, from beginning to end. */
async function carryOut({ runs, clock }: Pick<Database, 'runs' | 'clock'>, number: number): Promise<void> {
  const owner = `bench-${number}`;
  const now = clock.now();
  const run = await runs.take(owner, now + 600_000, Number.MAX_SAFE_INTEGER, now);
  if (!run) throw new Error('there is no run to carry out');
  const files = Array.from({ length: FILES_A_RUN }, (_, index) => {
    const messageId = number * FILES_A_RUN + index;
    const name = `report-${messageId}.pdf`;
    const whole = { name, mimeType: 'application/pdf', sizeBytes: 40_000 + messageId, reason: null };
    return { ...whole, messageId, path: `files/${name}`, sha256: hashOf(name), state: 'stored' } as const;
  });
  const checkpoint = { lastMessageId: number * FILES_A_RUN, monthPath: '2025-03.jsonl', monthBytes: 4_000 };
  const progress = {
    messagesRead: 900,
    messagesStored: 900,
    filesFound: FILES_A_RUN,
    filesDone: FILES_A_RUN,
  };
  await runs.store(run.id, owner, { checkpoint, files, progress }, now);
  await runs.finish(run.id, owner, number % 9 === 0 ? 'failed' : 'completed', null, clock.now());
}

async function addKeys({ access, clock }: Database): Promise<void> {
  await inParts(KEYS, async (number) => {
    const key = { name: `workers ${number}`, role: 'worker', maxLeases: 50, tags: [] } as const;
    const hash = hashOf(randomUUID());
    await access.createKey({ ...key, hash, expiresAt: null, createdAt: clock.now() });
  });
}

async function addAuditRows({ audit, clock }: Database): Promise<void> {
  const since = clock.now() - AUDIT_ROWS * 60_000;
  await inParts(AUDIT_ROWS, (number) =>
    audit.add({
      ...{ at: since + number * 60_000, holder: `key:${1 + (number % KEYS)}`, outcome: 'done' },
      keyName: `workers ${1 + (number % KEYS)}`,
      address: `10.0.${number % 250}.7`,
      requestId: randomUUID(),
      action: oneOf(ACTIONS, number),
      object: `session:${1 + (number % SESSIONS)}`,
    }),
  );
}

async function leaseSome(server: Server): Promise<void> {
  const client = new Client(server.port, 16);
  await inParts(LEASED, async () => void (await client.lease()));
  client.close();
}

/** Does the work for each number from 1 on, many at once. */
async function inParts(count: number, work: (number: number) => Promise<void>): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, index) => done + index + 1);
    await Promise.all(numbers.map(work));
  }
}

function oneOf(choices: readonly string[], number: number): string {
  return choices[number % choices.length] ?? '';
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
