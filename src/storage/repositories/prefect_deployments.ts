import { and, asc, eq, gt, inArray, notExists, type SQL, sql } from 'drizzle-orm';
import { storable, storableUpTo } from '../../kernel/storable_text.js';
import type { ChangeFromPrefect, Deployment, DeploymentOfSource, PrefectStore } from '../../prefect/store.js';
import type { UnitOfWork, UnitOfWorkRunner } from '../unit_of_work.js';
import { lockSource } from './run_rows.js';

/** How many characters of an error are kept. */
const MAX_CHARACTERS = 2_000;

type Deployments = Pick<
  PrefectStore,
  | 'dueDeployments'
  | 'deployments'
  | 'deploymentsOf'
  | 'saveSynced'
  | 'saveError'
  | 'forget'
  | 'applyFromPrefect'
>;

/** The deployments of sources at Prefect. */
export function prefectDeployments(units: UnitOfWorkRunner): Deployments {
  const change = (sourceId: number, values: Partial<Deployment>) =>
    units.run(async ({ db, tables }) => {
      await db.update(tables.deployments).set(values).where(eq(tables.deployments.sourceId, sourceId));
    });
  return {
    // With the exact condition of the index: SQLite uses a partial index only for that.
    dueDeployments: (after, limit) =>
      units.run((unit) => withSources(unit, after, limit, sql`revision <> synced_revision`)),
    deployments: (after, limit) => units.run((unit) => withSources(unit, after, limit)),
    deploymentsOf: (sourceIds) =>
      units.run(async ({ db, tables }) =>
        sourceIds.length === 0
          ? []
          : db
              .select()
              .from(tables.deployments)
              .where(inArray(tables.deployments.sourceId, [...sourceIds])),
      ),
    saveSynced: (sourceId, { deploymentId, synced, foreignSchedule: foreign, revision }) =>
      units.run(async ({ db, tables: { deployments } }) => {
        const isLatest = sql`${deployments.revision} = ${revision}`;
        const latest = foreign && storable(foreign);
        const foreignSchedule = sql`CASE WHEN ${isLatest} THEN ${latest} ELSE ${deployments.foreignSchedule} END`;
        const accepted = { deploymentId, synced, foreignSchedule, syncedRevision: revision, error: null };
        await db.update(deployments).set(accepted).where(eq(deployments.sourceId, sourceId));
      }),
    saveError: (sourceId, error) => change(sourceId, { error: storableUpTo(MAX_CHARACTERS, error) }),
    forget: (sourceId) =>
      units.run(async ({ db, tables }) => {
        const source = db.select().from(tables.sources).where(eq(tables.sources.id, sourceId));
        const gone = and(eq(tables.deployments.sourceId, sourceId), notExists(source));
        await db.delete(tables.deployments).where(gone);
      }),
    applyFromPrefect: (sourceId, revision, changed, synced, now) =>
      units.run((unit) => applyFromPrefect(unit, sourceId, revision, changed, synced, now)),
  };
}

function withSources(
  { db, tables }: UnitOfWork,
  after: number,
  limit: number,
  condition?: SQL,
): Promise<DeploymentOfSource[]> {
  const { deployments, sources } = tables;
  return db
    .select({ deployment: deployments, source: sources })
    .from(deployments)
    .leftJoin(sources, eq(sources.id, deployments.sourceId))
    .where(and(gt(deployments.sourceId, after), condition))
    .orderBy(asc(deployments.sourceId))
    .limit(limit);
}

async function applyFromPrefect(
  unit: UnitOfWork,
  sourceId: number,
  revision: number,
  { schedule, isActive, foreignSchedule }: ChangeFromPrefect,
  synced: string,
  now: number,
): Promise<boolean> {
  const { db, tables } = unit;
  const { deployments, sources } = tables;
  if (!(await lockSource(unit, sourceId))) return false;
  const asRead = and(eq(deployments.sourceId, sourceId), eq(deployments.revision, revision));
  const [deployment] = await unit.forUpdate(db.select().from(deployments).where(asRead));
  if (!deployment) return false;
  const changed = {
    ...(schedule !== undefined && { schedule }),
    ...(isActive !== undefined && { isActive }),
  };
  if (Object.keys(changed).length > 0) {
    const edited = db.update(sources).set({ ...changed, updatedAt: now });
    await edited.where(eq(sources.id, sourceId));
  }
  const foreign = foreignSchedule && storable(foreignSchedule);
  const agreed = { synced, ...(foreign !== undefined && { foreignSchedule: foreign }) };
  await db.update(deployments).set(agreed).where(eq(deployments.sourceId, sourceId));
  return true;
}
