import { setTimeout as delay } from 'node:timers/promises';
import type { Benchmark, Sizes } from './benchmark.js';
import {
  killReplicas,
  noteFall,
  raiseFallen,
  restartPostgres,
  type Toll,
  terminateBackends,
} from './disturbances.js';
import { exactly, type Finding, noted } from './finding.js';
import { Ledger } from './ledger.js';
import { findPostgres, type PostgresPrograms } from './postgres_programs.js';
import type { PostgresServer } from './postgres_server.js';
import { AnyReplica, ReplicaSet } from './replica_set.js';
import { judge, judgeReturn, SESSIONS, startWorkers } from './soak.js';
import { monotonicMs } from './statistics.js';
import type { Workplace } from './workplace.js';

const REPLICAS = 3;

/** How long the replicas may take until all are up after the last kill, in milliseconds. */
const ALL_UP_WITHIN_MS = 30_000;

/** No session is ever leased to two workers at once, whatever happens to replicas, server and connections. */
export const replicas: Benchmark = {
  name: 'replicas',
  minutes: ({ leases }) => 10 + leases / 2000,
  async run(open, sizes) {
    const programs = findPostgres();
    return programs ? soak(await open(), programs, sizes) : [];
  },
};

async function soak(place: Workplace, programs: PostgresPrograms, sizes: Sizes): Promise<Finding[]> {
  const options = { replicas: REPLICAS, sessions: SESSIONS, upWhen: '/health' } as const;
  const set = await ReplicaSet.start(place, programs, options);
  const client = new AnyReplica(set.clients(sizes.workers));
  const ledger = new Ledger();
  const toll: Toll = { kills: 0, failedStarts: 0, fell: [] };
  const progress = () => ledger.leases / sizes.leases;
  const enough = () => place.closed || progress() >= 1;
  const started = monotonicMs();
  const [terminated] = await Promise.all([
    terminateBackends(set.postgres, enough),
    killReplicas(set.replicas, toll, enough),
    restartPostgres(set.postgres, progress, enough),
    ...startWorkers(sizes.workers, client, ledger, enough),
  ]);
  const seconds = (monotonicMs() - started) / 1000;
  await raiseFallen(set.replicas, toll);
  const down = await notUp(set);
  const returned = await judgeReturn(client);
  const miscounted = await countsAstray(set.postgres);
  client.close();
  for (const replica of set.replicas) noteFall(toll, await replica.stop('SIGTERM'));
  for (const said of toll.fell.slice(0, 5)) process.stdout.write(`a replica crashed: ${said}\n`);
  const disturbed = `${toll.kills} kills, ${terminated} connections ended, ${toll.failedStarts} starts retried`;
  return [
    noted(`leases by ${sizes.workers} workers, ${disturbed}`, { value: ledger.leases, unit: '' }),
    noted('leases per second, downtime included', { value: ledger.leases / seconds, unit: '/s' }),
    ...judge(ledger),
    exactly('replicas not up at the end', down, 0),
    ...returned,
    exactly('counts that differ from the sessions', miscounted, 0),
    exactly('replicas that ended by themselves', toll.fell.length, 0),
  ];
}

/** How many replicas are not ready although the disturbances have ended. */
async function notUp(set: ReplicaSet): Promise<number> {
  const clients = set.clients(1);
  try {
    for (const until = monotonicMs() + ALL_UP_WITHIN_MS; ; await delay(100)) {
      const answers = await Promise.all(clients.map((one) => one.ask('GET', '/ready').catch(() => null)));
      const down = answers.filter((answer) => answer?.status !== 200).length;
      if (down === 0 || monotonicMs() > until) return down;
    }
  } finally {
    for (const one of clients) one.close();
  }
}

/** The states whose counter differs from the number of sessions. */
async function countsAstray(postgres: PostgresServer): Promise<number> {
  const text = `SELECT 1 FROM
    (SELECT 'state:' || state AS name, count(*) AS n FROM sessions GROUP BY state) AS are FULL JOIN
    (SELECT name, sum(n) AS n FROM counts WHERE name LIKE 'state:%' GROUP BY name) AS counted USING (name)
    WHERE coalesce(are.n, 0) <> coalesce(counted.n, 0)`;
  return (await postgres.sql(text)).length;
}
