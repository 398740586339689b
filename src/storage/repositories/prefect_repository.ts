import { and, asc, count, eq, gt, gte, inArray, isNotNull, isNull, ne, type SQL, sql } from 'drizzle-orm';
import { type ClaimableRuns, decideClaim } from '../../prefect/claims.js';
import type {
  ClaimOutcome,
  FlowRun,
  FlowRunClaim,
  PrefectOutbox,
  PrefectStore,
} from '../../prefect/store.js';
import { cancelled, deferred, isOwned, isReportedState, type RunChange, taken } from '../../runs/rules.js';
import type { Run } from '../../runs/store.js';
import type { UnitOfWork, UnitOfWorkRunner } from '../unit_of_work.js';
import { prefectDeployments } from './prefect_deployments.js';
import { addRun, deleteOldRuns, endAbandoned, lockRun, lockSource, unowned, writeRun } from './run_rows.js';

/** What the service and Prefect have to tell each other. */
export function prefectRepository(units: UnitOfWorkRunner): PrefectStore {
  return {
    ...{ ...prefectDeployments(units), ...submissions(units), ...reports(units), ...logs(units) },
    outbox: () => units.run(outboxOf),
  };
}

/** With the exact conditions of the indexes: SQLite uses a partial index only for that. */
async function outboxOf({ db, tables: { deployments, runs } }: UnitOfWork): Promise<PrefectOutbox> {
  const known = isNotNull(runs.flowRunId);
  const rows = (condition: SQL) => db.select({ n: count() }).from(runs).where(and(condition, known));
  const changed = sql`revision <> synced_revision`;
  const [[due], [states], [logs]] = [
    await db.select({ n: count() }).from(deployments).where(changed),
    await rows(sql`NOT flow_reported`),
    await rows(sql`flow_logs_due`),
  ];
  return { deployments: due?.n ?? 0, states: states?.n ?? 0, logs: logs?.n ?? 0 };
}

/** Who executes which flow run, and which run still needs one. */
function submissions(
  units: UnitOfWorkRunner,
): Pick<
  PrefectStore,
  'claimFlowRun' | 'runsToSubmit' | 'saveFlowRunId' | 'replaceFlowRun' | 'cancelFlowRun' | 'releaseStranded'
> {
  /** The run, locked, if it still belongs to the flow run. */
  const lockAsRead = (unit: UnitOfWork, { id, flowRunId }: FlowRun) => {
    const { runs } = unit.tables;
    return lockRun(unit, and(eq(runs.id, id), eq(runs.flowRunId, flowRunId)));
  };
  return {
    claimFlowRun: (claim, now) => units.run((unit) => claimFlowRun(unit, claim, now)),
    runsToSubmit: (after, limit, now) =>
      units.run(async (unit) => {
        const { runs, deployments } = unit.tables;
        const waiting = and(isNull(runs.finishedAt), isNull(runs.flowRunId), unowned(unit, now));
        const rows = await unit.db
          .select({ run: runs, deploymentId: deployments.deploymentId })
          .from(runs)
          .innerJoin(deployments, eq(deployments.sourceId, runs.sourceId))
          .where(and(waiting, gt(runs.sourceId, after), isNotNull(deployments.deploymentId)))
          // In the order of the index of unfinished runs.
          .orderBy(asc(runs.sourceId))
          .limit(limit);
        return rows.flatMap(({ run, deploymentId }) => (deploymentId === null ? [] : { run, deploymentId }));
      }),
    saveFlowRunId: (runId, flowRunId) =>
      units.run(async (unit) => {
        const run = await lockRun(unit, eq(unit.tables.runs.id, runId));
        if (run?.flowRunId === null) await writeRun(unit, run, belongingTo(run, flowRunId));
        return run !== undefined && (run.flowRunId ?? flowRunId) === flowRunId;
      }),
    replaceFlowRun: (read, flowRunId, now) =>
      units.run(async (unit) => {
        const { runs } = unit.tables;
        const isTaken = eq(runs.flowRunId, flowRunId);
        if (await lockRun(unit, and(eq(runs.id, read.id), isTaken))) return true;
        const run = await lockAsRead(unit, read);
        if (!run || run.finishedAt !== null || run.cancelRequested || isOwned(run, now)) return false;
        await writeRun(unit, run, belongingTo(run, flowRunId));
        return true;
      }),
    cancelFlowRun: (read, now) =>
      units.run(async (unit) => {
        const run = await lockAsRead(unit, read);
        const change = run ? cancelled(run, now) : null;
        if (run && change) await writeRun(unit, run, change);
        return change !== null;
      }),
    releaseStranded: (now) =>
      units.run(async (unit) => {
        const { runs } = unit.tables;
        await unit.lock('runs');
        await endAbandoned(unit, now);
        const underWay = and(isNull(runs.finishedAt), inArray(runs.state, ['running', 'waiting']));
        const stranded = and(underWay, isNotNull(runs.flowRunId), unowned(unit, now));
        const found = unit.db.select().from(runs).where(stranded).orderBy(asc(runs.sourceId));
        const released: Run[] = [];
        for (const run of await unit.forUpdate(found, 'skip locked')) {
          released.push(await writeRun(unit, run, deferred('its worker was lost', now)));
        }
        return flowRuns(released);
      }),
  };
}

async function claimFlowRun(unit: UnitOfWork, claim: FlowRunClaim, now: number): Promise<ClaimOutcome> {
  const { flowRunId, reason, form, owner, until } = claim;
  const found = await claimable(unit, claim, now);
  if (!found) return { kind: 'unknown_source' };
  const decision = decideClaim(claim, found, now);
  // Prefect takes it for one that is about to begin, whatever its state was here.
  const take = (run: Run): RunChange => ({
    ...belongingTo(run, flowRunId),
    ...taken(run, owner, until, now),
    flowReported: false,
  });
  if (decision.kind === 'take') {
    return { kind: 'taken', run: await writeRun(unit, decision.run, take(decision.run)) };
  }
  if (decision.kind === 'begin') {
    if (found.ofFlowRun) await writeRun(unit, found.ofFlowRun, { flowRunId: null });
    const run = await addRun(unit, found.sourceId, reason, now, form);
    await deleteOldRuns(unit, found.sourceId);
    return { kind: 'taken', run: await writeRun(unit, run, take(run)) };
  }
  if (decision.kind !== 'ended' || decision.run.flowRunId !== null) return decision;
  return { kind: 'ended', run: await writeRun(unit, decision.run, belongingTo(decision.run, flowRunId)) };
}

/** The runs that a claim may concern, locked together with their source; null: that does not exist. */
async function claimable(
  unit: UnitOfWork,
  claim: FlowRunClaim,
  now: number,
): Promise<(ClaimableRuns & { readonly sourceId: number }) | null> {
  const { runs } = unit.tables;
  const ofFlowRun = eq(runs.flowRunId, claim.flowRunId);
  const [known] = await unit.db.select({ sourceId: runs.sourceId }).from(runs).where(ofFlowRun);
  // Whatever its parameters say by now, a flow run belongs to the source of its run.
  const sourceId = known?.sourceId ?? claim.sourceId;
  if (!(await lockSource(unit, sourceId))) return null;
  await endAbandoned(unit, now, sourceId);
  const local = claim.localRunId === null ? undefined : await lockRun(unit, eq(runs.id, claim.localRunId));
  return {
    sourceId,
    ofFlowRun: await lockRun(unit, ofFlowRun),
    local: local?.sourceId === sourceId ? local : undefined,
    unfinished: await lockRun(unit, and(eq(runs.sourceId, sourceId), isNull(runs.finishedAt))),
  };
}

/** What a run becomes once it belongs to a flow run, which is scheduled at Prefect. */
function belongingTo(run: Run, flowRunId: string): RunChange {
  if (run.flowRunId === flowRunId) return {};
  return { flowRunId, flowReported: run.state === 'queued', flowLogsDue: run.startedAt !== null };
}

function flowRuns(runs: readonly Run[]): FlowRun[] {
  return runs.flatMap((run) => (run.flowRunId === null ? [] : { ...run, flowRunId: run.flowRunId }));
}

/** What Prefect is told of runs. */
function reports(
  units: UnitOfWorkRunner,
): Pick<
  PrefectStore,
  'unreported' | 'hasUnreportedEnd' | 'reported' | 'runsWithLogsToSend' | 'unfinishedFlowRuns' | 'runsOf'
> {
  const listed = (condition: SQL, by: 'id' | 'sourceId', after: number, limit: number) =>
    units.run(async ({ db, tables: { runs } }) => {
      const known = and(condition, isNotNull(runs.flowRunId), gt(runs[by], after));
      return flowRuns(await db.select().from(runs).where(known).orderBy(asc(runs[by])).limit(limit));
    });
  return {
    // With the exact conditions of the indexes, in their order: SQLite uses a partial index only for that.
    unreported: (after, limit) => listed(sql`NOT flow_reported`, 'id', after, limit),
    runsWithLogsToSend: (after, limit) => listed(sql`flow_logs_due`, 'id', after, limit),
    unfinishedFlowRuns: (after, limit) => listed(sql`finished_at IS NULL`, 'sourceId', after, limit),
    hasUnreportedEnd: (sourceId, flowRunId, since) =>
      units.run(async ({ db, tables: { runs } }) => {
        const recent = and(
          eq(runs.sourceId, sourceId),
          ne(runs.flowRunId, flowRunId),
          gte(runs.finishedAt, since),
        );
        const query = db.select({ id: runs.id }).from(runs).where(and(sql`NOT flow_reported`, recent));
        return (await query.limit(1)).length > 0;
      }),
    runsOf: (flowRunIds) =>
      units.run(async ({ db, tables: { runs } }) =>
        flowRunIds.length === 0
          ? []
          : flowRuns(
              await db
                .select()
                .from(runs)
                .where(inArray(runs.flowRunId, [...flowRunIds])),
            ),
      ),
    reported: (run) =>
      units.run(async (unit) => {
        const now = await lockRun(unit, eq(unit.tables.runs.id, run.id));
        if (now && isReportedState(run, now)) await writeRun(unit, now, { flowReported: true });
      }),
  };
}

/** The logs that Prefect gets. */
function logs(units: UnitOfWorkRunner): Pick<PrefectStore, 'logsToSend' | 'logsSent'> {
  return {
    logsToSend: (runId, limit) =>
      units.run(({ db, tables: { runs, runLogs } }) => {
        const { id, at, level, message } = runLogs;
        return db
          .select({ id, at, level, message })
          .from(runLogs)
          .innerJoin(runs, eq(runs.id, runLogs.runId))
          .where(and(eq(runLogs.runId, runId), gt(id, runs.flowLogsSent)))
          .orderBy(asc(id))
          .limit(limit);
      }),
    logsSent: (runId, lastLogId) =>
      units.run(async (unit) => {
        const { runLogs } = unit.tables;
        const run = await lockRun(unit, eq(unit.tables.runs.id, runId));
        if (!run) return;
        const more = and(eq(runLogs.runId, runId), gt(runLogs.id, lastLogId));
        const [next] = await unit.db.select({ id: runLogs.id }).from(runLogs).where(more).limit(1);
        await writeRun(unit, run, { flowLogsSent: lastLogId, flowLogsDue: next !== undefined });
      }),
  };
}
