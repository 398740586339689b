import type { Logger } from 'winston';
import type { Replicas } from '../replicas/replicas.js';
import type { SyncService } from './sync.js';
import { CHOSEN, chosen, DONE, OFFERED, type SyncOutcome, WANTED, wanted } from './sync_messages.js';
import { toldRefusal, toldReport } from './sync_outcome.js';
import type { SyncOptions } from './sync_report.js';

export interface AskedSyncsParts {
  readonly replicas: Replicas;
  readonly sync: Pick<SyncService, 'sync'>;
  /** Unlike any other replica's. */
  readonly replicaId: string;
  readonly logger: Logger;
}

/** Looks at SESSIONS_DIR for the replicas that don't have it, whenever one of them asks. */
export function answerAskedSyncs(parts: AskedSyncsParts): void {
  const { replicas, replicaId: by } = parts;
  replicas.onTold(WANTED, (data) => {
    const { success, data: wish } = wanted.safeParse(data);
    if (success) replicas.tell(OFFERED, { id: wish.id, by });
  });
  replicas.onTold(CHOSEN, (data) => {
    const { success, data: choice } = chosen.safeParse(data);
    if (!success || choice.by !== by) return;
    const { id, dryRun, force } = choice;
    void outcomeOf(parts, { dryRun, force }).then((outcome) => replicas.tell(DONE, { id, outcome }));
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
