import { mkdirSync } from 'node:fs';
import { NO_FILES } from '../cluster/services.js';
import { until } from '../service/manual_time.js';
import { Service, some } from '../service/service.js';
import { makeServiceDatabase } from '../service/service_database.js';
import { onServer } from '../storage/server.js';
import { PlainDataCentre } from './data_centre.js';
import { type FencedGrant, ThroughProxy } from './socks_client.js';
import { EGRESS } from './with_fence.js';

/** Two replicas with a fence each. */
export interface FencedReplicas {
  /** It grants and ends the leases. */
  readonly home: Service;
  /** Workers connect through it. */
  readonly gate: Service;
  readonly dataCentre: PlainDataCentre;
  /** Changes the database without telling anyone. */
  readonly sql: (statement: string) => Promise<unknown>;
}

/** Runs the test with two replicas of one database. */
export function withFencedReplicas(test: (world: FencedReplicas) => Promise<void>): () => Promise<void> {
  return async () => {
    const dataCentre = await PlainDataCentre.start();
    const shared = await makeServiceDatabase('postgres');
    const options = { shared, network: dataCentre.network };
    const home = new Service({ ...options, settings: EGRESS });
    const gate = new Service({ ...options, settings: { ...EGRESS, ...NO_FILES } });
    try {
      mkdirSync(home.sessionsDir, { recursive: true });
      for (const file of some(2)) home.write(file);
      await home.start();
      await gate.start();
      const sql = (statement: string) => onServer(statement, shared.settings.DATABASE_URL);
      await test({ home, gate, dataCentre, sql });
    } finally {
      await gate.remove();
      await home.remove();
      await shared.drop();
      await dataCentre.close();
    }
  };
}

/** A connection through the other replica, over which something has come back. */
export async function through(
  { gate, dataCentre }: FencedReplicas,
  { proxy }: FencedGrant,
): Promise<ThroughProxy> {
  const worker = await ThroughProxy.to({ ...proxy, port: gate.container.egress?.port ?? 0 }, dataCentre);
  worker.say('hello');
  await until(() => worker.text === 'hello');
  return worker;
}
