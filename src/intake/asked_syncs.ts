import type { Logger } from 'winston';
import type { Cluster } from '../cluster/cluster.js';
import type { SyncService } from './sync.js';
import { CHOSEN, chosen, DONE, OFFERED, type SyncOutcome, WANTED, wanted } from './sync_messages.js';
import { toldRefusal, toldReport } from './sync_outcome.js';
import type { SyncOptions } from './sync_report.js';

export interface AskedSyncsParts {
  readonly cluster: Cluster;
  readonly sync: Pick<SyncService, 'sync'>;
  /** Unlike any other replica's. */
  readonly replicaId: string;
  readonly logger: Logger;
}

/** Looks at SESSIONS_DIR for the replicas that don't have it, whenever one of them asks. */
export function answerAskedSyncs(parts: AskedSyncsParts): void {
  const { cluster, replicaId: by } = parts;
  cluster.onTold(WANTED, (data) => {
    const { success, data: wish } = wanted.safeParse(data);
    if (success) cluster.tell(OFFERED, { id: wish.id, by });
  });
  cluster.onTold(CHOSEN, (data) => {
    const { success, data: choice } = chosen.safeParse(data);
    if (!success || choice.by !== by) return;
    const { id, dryRun, force } = choice;
    void outcomeOf(parts, { dryRun, force }).then((outcome) => cluster.tell(DONE, { id, outcome }));
  });
}

async function outcomeOf({ sync, logger }: AskedSyncsParts, options: SyncOptions): Promise<SyncOutcome> {
  try {
    return toldReport(await sync.sync(options));
  } catch (error) {
    const refusal = toldRefusal(error);
    if (refusal) return refusal;
    logger.error('a sync that another replica asked for failed', { error });
    return { kind: 'failed', message: 'The sync failed at the replica that has the sessions directory' };
  }
}
