import Database from 'better-sqlite3';
import { onServer } from '../storage/server.js';
import { call, type Installation } from './installation.js';

/** Workers that lease and release without a pause. */
export interface Load {
  /** The ids of leases that the service has acknowledged, oldest first. */
  readonly acknowledged: string[];
  stop(): Promise<void>;
}

export function underLoad(url: string, workers: number): Load {
  const acknowledged: string[] = [];
  let stopping = false;
  const work = async () => {
    while (!stopping) {
      const { status, body } = await call(url, 'GET', '/session?ttl=300');
      if (status !== 200) continue;
      acknowledged.push(String(body.lease_id));
      await call(url, 'POST', `/release?session_id=${body.session_id}&lease_id=${body.lease_id}`);
    }
  };
  const working = Promise.all(Array.from({ length: workers }, work));
  return {
    acknowledged,
    async stop() {
      stopping = true;
      await working;
    },
  };
}

/** All rows of an installation's database. */
export async function rowsOf<Row>(installation: Installation, sql: string): Promise<Row[]> {
  const url = installation.settings.DATABASE_URL ?? '';
  if (url.startsWith('postgres')) return (await onServer(sql, url)) as Row[];
  const sqlite = new Database(url.replace('sqlite:', '') || installation.path('data', 'telegate.db'), {
    readonly: true,
  });
  try {
    return sqlite.prepare<[], Row>(sql).all();
  } finally {
    sqlite.close();
  }
}
