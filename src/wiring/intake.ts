import { proxyId } from '../access/proxies.js';
import { presentSync } from '../intake/routes.js';
import { Scanner } from '../intake/scanner.js';
import { SyncService } from '../intake/sync.js';
import { IntakeUpkeep } from '../intake/upkeep.js';
import { SessionsWatcher } from '../intake/watcher.js';
import type { Base } from './base.js';

export type Intake = Awaited<ReturnType<typeof wireIntake>>;

/** Session files and their rows. */
export async function wireIntake(base: Base) {
  const { config, database, clock, timers, logger, events, disposers } = base;
  const { defaultProxy } = config;
  const defaultProxyId = defaultProxy && (await proxyId(defaultProxy, database.access, base.vault));
  const { sessionsDir: root, sessionCheck: check, sessionFileMaxBytes: maxBytes } = config;
  const scanner = new Scanner({ root, check, maxBytes });
  const watcher: SessionsWatcher = new SessionsWatcher({
    root,
    timers,
    logger,
    onSettled: (names) => void upkeep.run('files changed', names ? { only: names } : {}),
  });
  const onDirectories = (directories: readonly string[]) => watcher.watch(directories);
  const sync = new SyncService({
    store: database.intake,
    scanner,
    clock,
    proxyId: defaultProxyId,
    onDirectories,
  });
  const upkeep: IntakeUpkeep = new IntakeUpkeep({
    root,
    sync,
    timers,
    logger,
    onSynced: (report) => events.publish('sync', presentSync(report)),
  });
  disposers.add(
    () => scanner.close(),
    () => sync.close(),
    () => upkeep.stop(),
    () => watcher.close(),
  );
  return { scanner, sync, upkeep, defaultProxyId };
}
