import { mkdirSync } from 'node:fs';
import { Service, type ServiceOptions } from '../service/service.js';
import { makeServiceDatabase } from '../service/service_database.js';

/** The settings of a replica without session files. */
export const NO_FILES = { SESSIONS_SYNC: 'off', SESSIONS_DIR: '/nowhere' } as const;

export interface ReplicaOptions extends ServiceOptions {
  /** Settings of single replicas, by their number from 0. */
  readonly settingsOf?: (index: number) => Readonly<Record<string, string>>;
}

/**
 * Runs the test with services over one PostgreSQL database, which are gone afterwards. The first has the
 * session files; the others have none unless their settings say so.
 */
export function withReplicas(
  count: number,
  test: (replicas: readonly Service[]) => Promise<void>,
  options: ReplicaOptions = {},
): () => Promise<void> {
  return async () => {
    const shared = await makeServiceDatabase('postgres');
    const replicas: Service[] = [];
    try {
      for (let made = 0; made < count; made += 1) {
        const settings = { ...(made > 0 && NO_FILES), ...options.settings, ...options.settingsOf?.(made) };
        const replica = new Service({ ...options, settings, shared });
        replicas.push(replica);
        mkdirSync(replica.sessionsDir, { recursive: true });
        const { files = [] } = options;
        if (made === 0 && Array.isArray(files)) for (const file of files) replica.write(file);
        await replica.start();
      }
      await test(replicas);
    } finally {
      for (const replica of replicas) await replica.remove();
      await shared.drop();
    }
  };
}
