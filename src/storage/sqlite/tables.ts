import type { Database } from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import type { PoolNotice } from '../../pool/store.js';
import type { RunStore } from '../../scraping/store.js';
import type { Synchronous } from '../synchronous.js';
import { AccessTable } from './access_table.js';
import { Acquisition } from './acquisition.js';
import { AuditTable } from './audit_table.js';
import { Blocks } from './blocks.js';
import { Candidates } from './candidates.js';
import { Counts } from './counts.js';
import { Deadlines } from './deadlines.js';
import { Facts } from './facts.js';
import { FileRows } from './file_rows.js';
import { HistoryRows } from './history_rows.js';
import { IntakeTable } from './intake_table.js';
import { LoginRows } from './login_rows.js';
import { LoginTable } from './login_table.js';
import { Obstacles } from './obstacles.js';
import { PoolTable } from './pool_table.js';
import { Resting } from './resting.js';
import { createRunTable } from './run_table.js';
import { ScopedCounts } from './scoped_counts.js';
import { SessionRows } from './session_rows.js';
import { SessionTable } from './session_table.js';
import { SourceReferences } from './source_references.js';
import { SourceTable } from './source_table.js';

/** Everything that is kept in one database. */
export interface Tables {
  readonly pool: PoolTable;
  readonly intake: IntakeTable;
  readonly access: AccessTable;
  readonly audit: AuditTable;
  readonly sessions: SessionTable;
  readonly logins: LoginTable;
  readonly runs: Synchronous<RunStore>;
  readonly sources: SourceTable;
  /** Writes what was only counted; before each commit. */
  flush(): void;
  /** Forgets what was not committed; after each rollback. */
  reload(): void;
  /** Sessions that became free since the last call. */
  takeFreed(): number;
  /** What happened since the last call. */
  takeNotices(): PoolNotice[];
  nextDeadline(): number;
}

/** Wires the tables over an open, migrated database. */
export function createTables(sqlite: Database): Tables {
  const db = drizzle(sqlite);
  const counts = new Counts(db);
  const history = new HistoryRows(db);
  const facts = new Facts(db);
  const rows = new SessionRows(db, counts, history);
  const deadlines = new Deadlines(db, rows);
  const blocks = new Blocks(db, rows, deadlines);
  const acquisition = new Acquisition(db, rows, counts, deadlines, new Candidates(sqlite));
  const logins = new LoginRows(db);
  const obstacles = new Obstacles(db, logins);
  const resting = new Resting(db, rows, logins);
  const references = new SourceReferences(db);
  const files = new FileRows({ db, rows, resting, references });
  return {
    pool: new PoolTable({
      ...{ db, rows, counts, history, deadlines, acquisition, blocks },
      scoped: new ScopedCounts(sqlite),
    }),
    intake: new IntakeTable({ db, rows, files, deadlines, facts }),
    access: new AccessTable(db, facts),
    audit: new AuditTable(db),
    sessions: new SessionTable({ sqlite, db, rows, files, deadlines, obstacles, references }),
    logins: new LoginTable({ db, rows, logins, files, deadlines, obstacles, resting }),
    runs: createRunTable(db),
    sources: new SourceTable(db, rows),
    flush: () => counts.flush(),
    reload: () => {
      counts.reload();
      rows.freed = 0;
      rows.notices = [];
      rows.nextDeadline = 0;
    },
    takeFreed: () => {
      const { freed } = rows;
      rows.freed = 0;
      return freed;
    },
    takeNotices: () => {
      const { notices } = rows;
      rows.notices = [];
      return notices;
    },
    nextDeadline: () => rows.nextDeadline,
  };
}
