import { and, asc, count, desc, eq, getTableColumns, gt, inArray, or, type SQL } from 'drizzle-orm';
import type {
  FileFilter,
  ListedFile,
  LogFilter,
  RunFilter,
  RunListStore,
  RunOrder,
} from '../../runs/list_store.js';
import { scrapedFile } from '../../runs/rules.js';
import type { Tables } from '../tables.js';
import type { UnitOfWork, UnitOfWorkRunner } from '../unit_of_work.js';
import { contains, sortedBy } from './listing.js';

const NEWEST_FIRST: RunOrder = { by: 'id', descending: true };

/** Lists of runs, their logs and their files. */
export function runLists(units: UnitOfWorkRunner): RunListStore {
  return { ...runs(units), ...logs(units), ...files(units) };
}

function runs(units: UnitOfWorkRunner): Pick<RunListStore, 'runs' | 'run' | 'runCount' | 'countsByState'> {
  return {
    runs: ({ skip, limit }, filter = {}, order = NEWEST_FIRST) =>
      units.run((unit) =>
        listed(unit)
          .where(runsMatching(unit.tables, filter))
          .orderBy(...orderOf(unit.tables, order))
          .limit(limit)
          .offset(skip),
      ),
    run: (id) =>
      units.run(async (unit) => {
        const [run] = await listed(unit).where(eq(unit.tables.runs.id, id));
        return run ?? null;
      }),
    runCount: (filter = {}) =>
      units.run(async ({ db, tables }) => {
        const { runs, sources } = tables;
        const counted = db.select({ n: count() }).from(runs);
        // A join costs as much as the list.
        const joined =
          filter.q === undefined ? counted : counted.innerJoin(sources, eq(sources.id, runs.sourceId));
        const [row] = await joined.where(runsMatching(tables, filter));
        return row?.n ?? 0;
      }),
    countsByState: (states) =>
      units.run(async ({ db, tables: { runs } }) => {
        const counted = db.select({ state: runs.state, n: count() }).from(runs);
        const rows = await counted.where(inArray(runs.state, [...states])).groupBy(runs.state);
        const counts = new Map(rows.map(({ state, n }) => [state, n]));
        return new Map(states.map((state) => [state, counts.get(state) ?? 0]));
      }),
  };
}

function listed({ db, tables: { runs, sources } }: UnitOfWork) {
  return db
    .select({ ...getTableColumns(runs), sourceName: sources.name })
    .from(runs)
    .innerJoin(sources, eq(sources.id, runs.sourceId));
}

function runsMatching(
  { runs, sources }: Tables,
  { sourceId, states, reason, q }: RunFilter,
): SQL | undefined {
  const searched = [sources.name, sources.identifier, runs.error, runs.sessionName];
  return and(
    sourceId === undefined ? undefined : eq(runs.sourceId, sourceId),
    states === undefined ? undefined : inArray(runs.state, [...states]),
    reason === undefined ? undefined : eq(runs.reason, reason),
    q === undefined ? undefined : or(...searched.map((column) => contains(column, q))),
  );
}

function orderOf({ runs }: Tables, { by, descending }: RunOrder): SQL[] {
  if (by === 'id') return [descending ? desc(runs.id) : asc(runs.id)];
  const columns = {
    started_at: runs.startedAt,
    finished_at: runs.finishedAt,
    messages_read: runs.messagesRead,
    files_done: runs.filesDone,
    bytes_done: runs.bytesDone,
  };
  return sortedBy(columns[by], { descending, id: runs.id });
}

function logs(units: UnitOfWorkRunner): Pick<RunListStore, 'logs' | 'logCount'> {
  return {
    logs: (runId, { skip, limit }, filter = {}, newestFirst = false) =>
      units.run(({ db, tables }) => {
        const { id, at, level, message } = tables.runLogs;
        const found = db.select({ id, at, level, message }).from(tables.runLogs);
        return found
          .where(logsMatching(tables, runId, filter))
          .orderBy(newestFirst ? desc(id) : asc(id))
          .limit(limit)
          .offset(skip);
      }),
    logCount: (runId, filter = {}) =>
      units.run(async ({ db, tables }) => {
        const counted = db.select({ n: count() }).from(tables.runLogs);
        const [row] = await counted.where(logsMatching(tables, runId, filter));
        return row?.n ?? 0;
      }),
  };
}

function logsMatching({ runLogs }: Tables, runId: number, { after, levels, q }: LogFilter): SQL | undefined {
  return and(
    eq(runLogs.runId, runId),
    after === undefined ? undefined : gt(runLogs.id, after),
    levels === undefined ? undefined : inArray(runLogs.level, [...levels]),
    q === undefined ? undefined : contains(runLogs.message, q),
  );
}

function files(units: UnitOfWorkRunner): Pick<RunListStore, 'files' | 'fileCount' | 'file'> {
  return {
    files: ({ skip, limit }, filter) =>
      units.run(async (unit) => {
        const { files } = unit.tables;
        const ofOne = filter.runId !== undefined || filter.sourceId !== undefined;
        const found = listedFiles(unit).where(filesMatching(unit, filter));
        const sorted = found.orderBy(...(ofOne ? [asc(files.messageId), asc(files.id)] : [desc(files.id)]));
        return (await sorted.limit(limit).offset(skip)).map(listedFile);
      }),
    fileCount: (filter) =>
      units.run(async (unit) => {
        const counted = unit.db.select({ n: count() }).from(unit.tables.files);
        const [row] = await counted.where(filesMatching(unit, filter));
        return row?.n ?? 0;
      }),
    file: (id) =>
      units.run(async (unit) => {
        const [row] = await listedFiles(unit).where(eq(unit.tables.files.id, id));
        return row ? listedFile(row) : null;
      }),
  };
}

function listedFiles({ db, tables: { files, sources } }: UnitOfWork) {
  return db
    .select({ ...getTableColumns(files), sourceName: sources.name })
    .from(files)
    .innerJoin(sources, eq(sources.id, files.sourceId));
}

function filesMatching({ tables: { files } }: UnitOfWork, filter: FileFilter): SQL | undefined {
  const { runId, sourceId, state, q } = filter;
  return and(
    runId === undefined ? undefined : eq(files.runId, runId),
    sourceId === undefined ? undefined : eq(files.sourceId, sourceId),
    state === undefined ? undefined : eq(files.state, state),
    q === undefined ? undefined : contains(files.name, q),
  );
}

function listedFile(row: Tables['files']['$inferSelect'] & Pick<ListedFile, 'sourceName'>): ListedFile {
  const { id, sourceId, sourceName, runId } = row;
  return { ...scrapedFile(row), id, sourceId, sourceName, runId };
}
