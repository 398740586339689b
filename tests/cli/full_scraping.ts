import type { Database } from 'better-sqlite3';
import { T0 } from '../contracts/stores.js';
import { insert } from './insert.js';

/** File types that a list of a database must not take for its own punctuation. */
export const FILE_TYPES = ['pdf', 'tar.gz', '{a,b}', 'NULL', '"'];

/** Of a file that is larger than 32 bits can say. */
export const SIZE_BYTES = 5_000_000_000;

/** A source, its runs and what they stored; and sources of which little is said. The sessions 1 and 2 are there. */
export function addScraping(sqlite: Database): void {
  addSources(sqlite);
  addRuns(sqlite);
  addFiles(sqlite);
  insert(sqlite, 'checkpoints', {
    source_id: 1,
    last_message_id: 2 ** 31 - 1,
    month_path: 'é/2025-03',
    month_bytes: 7,
  });
  insert(sqlite, 'checkpoints', { source_id: 2, last_message_id: 0, month_path: null, month_bytes: 0 });
  // Ordered by their bytes here, and by nobody knows what in a server of another language.
  for (const identifier of ['@b', '@B', '@ä', '-1001', '@_']) {
    const peer = { session_id: 1, identifier, channel_id: '-1009007199254740993', title: '😀' };
    insert(sqlite, 'peers', { ...peer, access_hash: '-9223372036854775808', username: null });
  }
}

function addSources(sqlite: Database): void {
  const little = { access_level: 'public', target: 'LOCAL', is_active: 0, created_at: T0, updated_at: T0 };
  insert(sqlite, 'sources', {
    ...{ ...little, name: 'all "ö"', identifier: '-1001', channel_title: 'Ö', access_level: 'private' },
    ...{ target: 'S3', target_path: 'a/b', session_id: 2, file_types: JSON.stringify(FILE_TYPES) },
    ...{
      schedule: '*/5 * * * *',
      is_active: 1,
      api_id: 2 ** 31 - 1,
      api_hash: 'encrypted',
      bot_token: 'too',
      bot_session: 'as well',
    },
    ...{ last_scraped_at: T0 + 1, total_messages: 12, total_files: 3 },
  });
  insert(sqlite, 'sources', { ...little, name: 'every file', identifier: '@every' });
  insert(sqlite, 'sources', { ...little, name: 'no file', identifier: '@none', file_types: '[]' });
}

function addRuns(sqlite: Database): void {
  const run = { source_id: 1, reason: 'schedule', created_at: T0 };
  insert(sqlite, 'runs', {
    ...{ ...run, state: 'running', error: 'why', session_name: 'leased', waiting_since: T0, owner: 'r:1' },
    ...{ owned_until: T0 + 9, cancel_requested: 1, not_before: T0, bytes_done: SIZE_BYTES, started_at: T0 },
  });
  insert(sqlite, 'runs', { ...run, state: 'completed', finished_at: T0 + 5 });
  for (const level of ['info', 'error']) {
    insert(sqlite, 'run_logs', { run_id: 1, at: T0, level, message: '😀 line\n2' });
  }
}

function addFiles(sqlite: Database): void {
  const file = { source_id: 1, mime_type: 'application/pdf', size_bytes: SIZE_BYTES, created_at: T0 };
  const stored = { path: 'a/ü.pdf', sha256: Buffer.alloc(32, 9), state: 'stored', reason: null };
  insert(sqlite, 'files', { ...file, run_id: 1, message_id: 2 ** 31 - 1, name: 'ü.pdf', ...stored });
  const skipped = { path: null, sha256: null, state: 'skipped', reason: 'too large' };
  // Of a run that was forgotten.
  insert(sqlite, 'files', { ...file, run_id: 77, message_id: 1, name: '', ...skipped });
}
