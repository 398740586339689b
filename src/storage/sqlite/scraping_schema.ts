import { sql } from 'drizzle-orm';
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { RunLogEntry, RunReason, RunState, ScrapedFile } from '../../scraping/store.js';
import type { AccessLevel, Target } from '../../sources/store.js';
import { sessions } from './schema.js';

/** Channels that are scraped. `api_hash`, `bot_token` and `bot_session` are encrypted. */
export const sources = sqliteTable(
  'sources',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    name: text('name').notNull(),
    identifier: text('identifier').notNull(),
    channelTitle: text('channel_title'),
    accessLevel: text('access_level').$type<AccessLevel>().notNull(),
    target: text('target').$type<Target>().notNull(),
    targetPath: text('target_path'),
    sessionId: integer('session_id').references(() => sessions.id),
    fileTypes: text('file_types', { mode: 'json' }).$type<string[]>(),
    schedule: text('schedule'),
    isActive: integer('is_active', { mode: 'boolean' }).notNull(),
    apiId: integer('api_id'),
    apiHash: text('api_hash'),
    botToken: text('bot_token'),
    botSession: text('bot_session'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    lastScrapedAt: integer('last_scraped_at'),
    totalMessages: integer('total_messages').notNull().default(0),
    totalFiles: integer('total_files').notNull().default(0),
  },
  (table) => [
    index('sources_by_session').on(table.sessionId).where(sql`session_id IS NOT NULL`),
    index('sources_by_name').on(table.name),
  ],
);

export const runs = sqliteTable(
  'runs',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    sourceId: integer('source_id')
      .notNull()
      .references(() => sources.id, { onDelete: 'cascade' }),
    state: text('state').$type<RunState>().notNull(),
    reason: text('reason').$type<RunReason>().notNull(),
    error: text('error'),
    sessionName: text('session_name'),
    waitingSince: integer('waiting_since'),
    owner: text('owner'),
    ownedUntil: integer('owned_until'),
    cancelRequested: integer('cancel_requested', { mode: 'boolean' }).notNull().default(false),
    notBefore: integer('not_before'),
    messagesRead: integer('messages_read').notNull().default(0),
    messagesStored: integer('messages_stored').notNull().default(0),
    filesFound: integer('files_found').notNull().default(0),
    filesDone: integer('files_done').notNull().default(0),
    filesSkipped: integer('files_skipped').notNull().default(0),
    bytesDone: integer('bytes_done').notNull().default(0),
    createdAt: integer('created_at').notNull(),
    startedAt: integer('started_at'),
    finishedAt: integer('finished_at'),
  },
  (table) => [
    index('runs_by_source').on(table.sourceId, table.id),
    uniqueIndex('runs_unfinished').on(table.sourceId).where(sql`finished_at IS NULL`),
  ],
);

export const runLogs = sqliteTable(
  'run_logs',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    runId: integer('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    at: integer('at').notNull(),
    level: text('level').$type<RunLogEntry['level']>().notNull(),
    message: text('message').notNull(),
  },
  (table) => [index('run_logs_by_run').on(table.runId, table.id), index('run_logs_by_age').on(table.at)],
);

/** The files of a source's messages. Kept when the run that found them is forgotten. */
export const files = sqliteTable(
  'files',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    sourceId: integer('source_id')
      .notNull()
      .references(() => sources.id, { onDelete: 'cascade' }),
    runId: integer('run_id').notNull(),
    messageId: integer('message_id').notNull(),
    path: text('path'),
    name: text('name').notNull(),
    mimeType: text('mime_type').notNull(),
    sizeBytes: integer('size_bytes').notNull(),
    sha256: blob('sha256', { mode: 'buffer' }),
    state: text('state').$type<ScrapedFile['state']>().notNull(),
    reason: text('reason'),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [
    uniqueIndex('files_by_message').on(table.sourceId, table.messageId),
    index('files_by_content').on(table.sourceId, table.sha256).where(sql`state = 'stored'`),
    index('files_by_run').on(table.runId, table.messageId),
  ],
);

/** How far each source is. */
export const checkpoints = sqliteTable('checkpoints', {
  sourceId: integer('source_id')
    .primaryKey()
    .references(() => sources.id, { onDelete: 'cascade' }),
  lastMessageId: integer('last_message_id').notNull(),
  monthPath: text('month_path'),
  monthBytes: integer('month_bytes').notNull(),
});

/** Channels that a session has resolved. */
export const peers = sqliteTable(
  'peers',
  {
    sessionId: integer('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    identifier: text('identifier').notNull(),
    channelId: text('channel_id').notNull(),
    accessHash: text('access_hash'),
    title: text('title').notNull(),
    username: text('username'),
    /** When it was saved or asked for last. */
    usedAt: integer('used_at').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.sessionId, table.identifier] })],
);
