import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxNetwork } from '../../sandbox/network.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { POLL_MS } from '../../src/scraping/engines/embedded.js';
import { APPLICATION } from '../logins/over_sandbox.js';
import { testSandbox } from '../sandbox/gramjs.js';
import { smallWorld } from '../scraping/small_world.js';
import { HastenedTimers } from '../service/hastened_timers.js';
import type { Service } from '../service/service.js';
import { withReplicas } from './services.js';

/** Three replicas of one database, and the data centres that they read from. */
export interface ScrapingReplicas {
  readonly replicas: readonly [Service, Service, Service];
  readonly sandbox: Sandbox;
  /** Where all of them store if they share a disk. */
  readonly dataDir: string;
  /** Has all of them look at once for runs that others have queued. */
  readonly look: () => void;
}

export interface ScrapingReplicasOptions {
  /** MAX_CONCURRENT_RUNS of each: one with 0 executes none. */
  readonly most?: readonly [number, number, number];
  /** Whether they share DATA_DIR. */
  readonly shareDisk?: boolean;
}

/** Runs the test with three replicas and a small Telegram of their own. */
export function withScrapingReplicas(
  test: (world: ScrapingReplicas) => Promise<void>,
  { most = [4, 4, 4], shareDisk = true }: ScrapingReplicasOptions = {},
): () => Promise<void> {
  return async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'shared-'));
    const telegram = await testSandbox(smallWorld);
    const { sandbox } = telegram;
    const timers = new HastenedTimers();
    const look = () => timers.hasten(POLL_MS);
    const run = withReplicas(
      3,
      (replicas) =>
        test({ replicas: replicas as unknown as ScrapingReplicas['replicas'], sandbox, dataDir, look }),
      {
        timers,
        network: sandboxNetwork(sandbox),
        settings: { ...APPLICATION, ...(shareDisk && { DATA_DIR: dataDir }) },
        settingsOf: (index) => ({ MAX_CONCURRENT_RUNS: `${most[index]}` }),
      },
    );
    try {
      await run();
    } finally {
      await telegram.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  };
}
