import type { Logger } from 'winston';
import { Unavailable } from '../../kernel/errors.js';
import type { ExecuteRun, OwnedRun, RunOutcome } from '../../runs/engine.js';
import type { RunStore } from '../../runs/store.js';
import { afterInterruption, type InterruptedRun } from '../recovery.js';
import { type HeartbeatParts, runHeartbeat } from './run_heartbeat.js';

export interface OwnedRunParts extends HeartbeatParts {
  readonly runs: Pick<RunStore, 'renew' | 'defer' | 'finish'>;
  readonly logger: Logger;
}

/**
 * Executes a run that its owner has taken, renews the ownership meanwhile, and writes how it ended. `abort` ends it
 * early; its reason decides what becomes of the run. Never rejects.
 */
export async function executeOwnedRun(
  run: OwnedRun,
  abort: AbortController,
  executeRun: ExecuteRun,
  parts: OwnedRunParts,
): Promise<void> {
  const stopHeartbeat = runHeartbeat(run, abort, parts);
  try {
    await write(run, await executeRun(run, abort.signal), parts);
  } catch (error) {
    await interrupted(run, abort.signal.aborted ? abort.signal.reason : error, parts).catch((failure) =>
      parts.logger.warn('the end of a run could not be written; the run is taken again', {
        run_id: run.id,
        error: failure,
      }),
    );
  } finally {
    stopHeartbeat();
  }
}

async function interrupted(run: OwnedRun, reason: unknown, parts: OwnedRunParts): Promise<void> {
  const { clock, logger } = parts;
  const after = afterInterruption(reason, clock.now());
  if (after.kind === 'failed') logger.error('a run failed', { run_id: run.id, error: reason });
  if (reason instanceof Unavailable) {
    logger.warn('a run was interrupted; it continues in a moment', { run_id: run.id, error: reason });
  }
  await write(run, after, parts);
}

async function write(
  { id, owner }: OwnedRun,
  outcome: RunOutcome | InterruptedRun,
  { runs, clock }: OwnedRunParts,
): Promise<void> {
  if (outcome.kind === 'released') return;
  if (outcome.kind === 'deferred') await runs.defer(id, owner, outcome.error, outcome.notBefore);
  else {
    const error = outcome.kind === 'failed' ? outcome.error : null;
    await runs.finish(id, owner, outcome.kind, error, clock.now());
  }
}
