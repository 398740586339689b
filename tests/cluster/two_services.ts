import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxNetwork } from '../../sandbox/network.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { APPLICATION } from '../logins/over_sandbox.js';
import { sandboxIn } from '../sandbox/sandbox_in.js';
import { ManualTime } from '../service/manual_time.js';
import { Service } from '../service/service.js';
import { makeServiceDatabase, type ServiceDatabase } from '../service/service_database.js';

/** Two replicas of one database, and the data centres they connect to. */
export interface TwoServices {
  /** It has the session files, and syncs only on request: its timers do not run. */
  readonly home: Service;
  /** It runs with SESSIONS_SYNC=off. */
  readonly away: Service;
  readonly sandbox: Sandbox;
  readonly shared: ServiceDatabase;
}

/** Runs the test with two services over a new database; `files` are there before either starts. */
export function withTwoServices(
  test: (services: TwoServices) => Promise<void>,
  files: Readonly<Record<string, string | Buffer>> = {},
): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'telegram-'));
    const sandbox = await sandboxIn(directory);
    const shared = await makeServiceDatabase('postgres');
    const options = { shared, network: sandboxNetwork(sandbox) };
    const home = new Service({ ...options, timers: new ManualTime(), settings: APPLICATION });
    const away = new Service({ ...options, settings: { ...APPLICATION, SESSIONS_SYNC: 'off' } });
    try {
      mkdirSync(home.sessionsDir, { recursive: true });
      for (const [path, content] of Object.entries(files)) home.write(path, content);
      await home.start();
      await away.start();
      await test({ home, away, sandbox, shared });
    } finally {
      await away.remove();
      await home.remove();
      await shared.drop();
      await sandbox.close();
      rmSync(directory, { recursive: true, force: true });
    }
  };
}
