import { randomUUID } from 'node:crypto';
import { POSTGRES_MIGRATIONS } from '../src/kernel/project.js';
import { nodeTimers } from '../src/kernel/timers.js';
import { PostgresDatabase } from '../src/storage/postgres/database.js';
import { atMost, type Finding } from './finding.js';
import { PLAIN_REQUEST } from './pgbench.js';
import type { PostgresServer } from './postgres_server.js';
import { median, timed } from './statistics.js';

const FEW = 100;
const MANY = 1_000_000;
const MOST = 1.5;

const CONNECTIONS = 10;
const AT_ONCE = 2;
const ROUNDS = 40;
const CYCLES_A_ROUND = 25;

/** Milliseconds of each operation. */
type Times = Readonly<Record<'acquire' | 'release', number[]>>;

interface Side {
  readonly database: PostgresDatabase;
  readonly times: Times;
}

/** A lease and a release cost the same with a million sessions in the database as with a hundred. */
export async function flatOnPostgres(postgres: PostgresServer): Promise<Finding[]> {
  const few = await side(postgres, FEW);
  const many = await side(postgres, MANY);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const one of [few, many]) {
      await Promise.all(Array.from({ length: AT_ONCE }, () => cycles(one, round > 0)));
    }
  }
  for (const { database } of [few, many]) await database.close();
  const compare = (what: string, of: (times: Times) => number): Finding => {
    const ours = { value: of(many.times), unit: 'ms' };
    const against = { name: `${FEW} sessions`, value: of(few.times), unit: 'ms' };
    return atMost(`${what}, p50 with ${MANY} sessions`, { ours, against }, MOST);
  };
  return [
    compare('acquire', ({ acquire }) => median(acquire)),
    compare('release', ({ release }) => median(release)),
  ];
}

async function side(postgres: PostgresServer, sessions: number): Promise<Side> {
  const name = `sessions_${sessions}`;
  await postgres.sql(`CREATE DATABASE ${name}`);
  const database = await PostgresDatabase.open(
    {
      url: postgres.url(name),
      connections: CONNECTIONS,
      statementTimeoutMs: 60_000,
      connectTimeoutMs: 5_000,
      applicationName: 'telegate-bench',
    },
    POSTGRES_MIGRATIONS,
    { random: Math.random, timers: nodeTimers },
  );
  await fill(postgres, name, sessions);
  return { database, times: { acquire: [], release: [] } };
}

/** Writes sessions as a sync of as many files would. */
async function fill(postgres: PostgresServer, database: string, sessions: number): Promise<void> {
  const run = (text: string) => postgres.sql(text, database);
  await run(`INSERT INTO sessions (name, folded_name, file, fingerprint, format, auth_key_sha256, dc_id, tags,
      base_state, state, last_used_at, created_at, updated_at)
    SELECT 'session' || n, 'session' || n, 'session' || n || '.session', 'fingerprint-' || n, 'telethon',
      sha256(n::text::bytea), 2, '{}', 'free', 'free', 0, 0, 0 FROM generate_series(1, ${sessions}) AS n`);
  await run(`INSERT INTO counts (name, shard, n) VALUES ('state:free', 0, ${sessions})`);
  await run('VACUUM ANALYZE');
  await run('CHECKPOINT');
}

async function cycles({ database, times }: Side, counts: boolean): Promise<void> {
  const { pool } = database.stores;
  for (let cycle = 0; cycle < CYCLES_A_ROUND; cycle += 1) {
    const leaseId = randomUUID();
    const acquired = await timed(() => pool.acquire({ ...PLAIN_REQUEST, leaseId }, Date.now()));
    if (acquired.result.kind !== 'granted') throw new Error(`no lease: ${acquired.result.kind}`);
    const { sessionId } = acquired.result.lease;
    const { holder, address } = PLAIN_REQUEST;
    const caller = { holder, address, admin: false, leaseId, leaseIds: 'required' } as const;
    const released = await timed(() => pool.release(sessionId, caller, null, Date.now()));
    if (released.result.kind !== 'done') throw new Error(`not released: ${released.result.kind}`);
    if (!counts) continue;
    times.acquire.push(acquired.ms);
    times.release.push(released.ms);
  }
}
