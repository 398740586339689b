import type { Logger } from 'winston';
import { SingleNode } from '../../cluster/single_node.js';
import { SQLITE_MIGRATIONS } from '../../kernel/project.js';
import { startThread } from '../../kernel/threads.js';
import type { Database, DatabaseDependencies } from '../database.js';
import type { SqliteTarget } from '../database_url.js';
import { ANCHOR, restoreClock, saveClock } from '../saved_clock.js';
import { SqliteDatabase } from './database.js';
import type { WalkReport } from './page_walk_thread.js';
import { RESTORE } from './soundness.js';

/** Opens the file for this process only. @throws DatabaseRefused. */
export async function openSqlite(
  { file }: SqliteTarget,
  { time, logger, maxBatch, expected, threads }: DatabaseDependencies,
): Promise<Database> {
  const migrations = SQLITE_MIGRATIONS;
  const limits = maxBatch === undefined ? {} : { maxBatch };
  const options = { path: file, migrations, ...limits, ...(expected && { expected }) };
  const database = await SqliteDatabase.open(options, threads);
  const stopChecking = watchSoundness(database, file, logger);
  try {
    const { access } = database.stores;
    const clock = await restoreClock(access, time);
    return {
      ...database.stores,
      clock,
      signals: database,
      cluster: new SingleNode(),
      shared: false,
      connections: null,
      probe: async () => void (await access.value(ANCHOR)),
      touch: () => saveClock(access, clock),
      close: async () => {
        await stopChecking();
        await database.close();
      },
    };
  } catch (error) {
    await stopChecking();
    await database.close();
    throw error;
  }
}

/** Logs the result of the check, and checks the rest in the background; returns a function that stops it. */
function watchSoundness(database: SqliteDatabase, file: string, logger: Logger): () => Promise<void> {
  const { checked, replaced } = database.found;
  if (replaced.length > 0) {
    logger.warn('started with an empty database, because BEGIN_ANEW is on; the old one was moved aside', {
      database: file,
      moved_to: replaced,
    });
  }
  database.onDamaged((reason) =>
    logger.error(
      `the database is damaged: nothing is leased or changed any more. Stop TeleGate, ${RESTORE}, and start it again`,
      { database: file, reason },
    ),
  );
  if (checked === 'whole') return async () => undefined;
  logger.info('the database is too large to check at the start; it is checked in the background', {
    database: file,
  });
  return walkBehind(file, (report) => {
    if (report.kind === 'damaged') database.refuseAsDamaged(report.reason);
    else if (report.kind === 'sound')
      logger.info('the database was checked and is not damaged', { database: file });
    else logger.warn('the database could not be checked', { database: file, reason: report.reason });
  });
}

/** Checks the file's pages on a separate thread, and reports the result; returns a function that stops it. */
function walkBehind(file: string, tell: (report: WalkReport) => void): () => Promise<void> {
  const thread = startThread(new URL('./page_walk_thread.js', import.meta.url), {
    workerData: file,
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
  thread.once('message', tell);
  thread.once('error', (error) => tell({ kind: 'not_read', reason: error.message }));
  return async () => {
    await thread.terminate();
  };
}

/** Opens a file that another process may be using. @throws DatabaseRefused. */
export async function openSqliteSideConnection({ file: path }: SqliteTarget) {
  const database = await SqliteDatabase.open({ path, migrations: SQLITE_MIGRATIONS, beside: true });
  return { ...database.stores, close: () => database.close() };
}
