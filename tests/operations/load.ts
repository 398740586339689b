import Database from 'better-sqlite3';
import { call } from './installation.js';

/** Workers that lease and release without a pause. */
export interface Load {
  /** The ids of leases that the service has acknowledged, oldest first. */
  readonly acknowledged: string[];
  stop(): Promise<void>;
  /** The ids of all leases that a database file knows of. */
  leasesIn(file: string): Promise<string[]>;
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
    async leasesIn(file) {
      const sqlite = new Database(file, { readonly: true });
      const ids = sqlite
        .prepare<[], string>('SELECT lease_id FROM history WHERE lease_id IS NOT NULL')
        .pluck()
        .all();
      sqlite.close();
      return ids;
    },
  };
}
