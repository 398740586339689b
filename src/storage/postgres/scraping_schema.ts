import { sql } from 'drizzle-orm';
import { boolean, index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { RunLogEntry, RunReason, RunState, ScrapedFile } from '../../scraping/store.js';
import type { AccessLevel, Target } from '../../sources/store.js';
import { bytea, identity, whole } from './columns.js';
import { sessions } from './schema.js';

/** Channels that are scraped. `api_hash`, `bot_token` and `bot_session` are encrypted. */
export const sources = pgTable(
  'sources',
  {
    id: identity(),
    name: text('name').notNull(),
    identifier: text('identifier').notNull(),
    channelTitle: text('channel_title'),
    accessLevel: text('access_level').$type<AccessLevel>().notNull(),
    target: text('target').$type<Target>().notNull(),
    targetPath: text('target_path'),
    sessionId: whole('session_id').references(() => sessions.id),
    fileTypes: text('file_types').array(),
    schedule: text('schedule'),
    isActive: boolean('is_active').notNull(),
    apiId: integer('api_id'),
    apiHash: text('api_hash'),
    botToken: text('bot_token'),
    botSession: text('bot_session'),
    createdAt: whole('created_at').notNull(),
    updatedAt: whole('updated_at').notNull(),
    lastScrapedAt: whole('last_scraped_at'),
    totalMessages: whole('total_messages').notNull().default(0),
    totalFiles: whole('total_files').notNull().default(0),
  },
  (table) => [
    index('sources_by_session').on(table.sessionId).where(sql`session_id IS NOT NULL`),
    index('sources_by_name').on(table.name),
  ],
);

export const runs = pgTable(
  'runs',
  {
    id: identity(),
    sourceId: whole('source_id')
      .notNull()
      .references(() => sources.id, { onDelete: 'cascade' }),
    state: text('state').$type<RunState>().notNull(),
    reason: text('reason').$type<RunReason>().notNull(),
    error: text('error'),
    sessionName: text('session_name'),
    waitingSince: whole('waiting_since'),
    owner: text('owner'),
    ownedUntil: whole('owned_until'),
    cancelRequested: boolean('cancel_requested').notNull().default(false),
    notBefore: whole('not_before'),
    messagesRead: whole('messages_read').notNull().default(0),
    messagesStored: whole('messages_stored').notNull().default(0),
    filesFound: whole('files_found').notNull().default(0),
    filesDone: whole('files_done').notNull().default(0),
    filesSkipped: whole('files_skipped').notNull().default(0),
    bytesDone: whole('bytes_done').notNull().default(0),
    createdAt: whole('created_at').notNull(),
    startedAt: whole('started_at'),
    finishedAt: whole('finished_at'),
  },
  (table) => [
    index('runs_by_source').on(table.sourceId, table.id),
    uniqueIndex('runs_unfinished').on(table.sourceId).where(sql`finished_at IS NULL`),
  ],
);

export const runLogs = pgTable(
  'run_logs',
  {
    id: identity(),
    runId: whole('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    at: whole('at').notNull(),
    level: text('level').$type<RunLogEntry['level']>().notNull(),
    message: text('message').notNull(),
  },
  (table) => [index('run_logs_by_run').on(table.runId, table.id), index('run_logs_by_age').on(table.at)],
);

/** The files of a source's messages. Kept when the run that found them is forgotten. */
export const files = pgTable(
  'files',
  {
    id: identity(),
    sourceId: whole('source_id')
      .notNull()
      .references(() => sources.id, { onDelete: 'cascade' }),
    runId: whole('run_id').notNull(),
    messageId: integer('message_id').notNull(),
    path: text('path'),
    name: text('name').notNull(),
    mimeType: text('mime_type').notNull(),
    sizeBytes: whole('size_bytes').notNull(),
    sha256: bytea('sha256'),
    state: text('state').$type<ScrapedFile['state']>().notNull(),
    reason: text('reason'),
    createdAt: whole('created_at').notNull(),
  },
  (table) => [
    uniqueIndex('files_by_message').on(table.sourceId, table.messageId),
    index('files_by_content').on(table.sourceId, table.sha256).where(sql`state = 'stored'`),
    index('files_by_run').on(table.runId, table.messageId),
  ],
);

/** How far each source is. */
export const checkpoints = pgTable('checkpoints', {
  sourceId: whole('source_id')
    .primaryKey()
    .references(() => sources.id, { onDelete: 'cascade' }),
  lastMessageId: integer('last_message_id').notNull(),
  monthPath: text('month_path'),
  monthBytes: whole('month_bytes').notNull(),
});

/** Channels that a session has resolved. */
export const peers = pgTable(
  'peers',
  {
    sessionId: whole('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    identifier: text('identifier').notNull(),
    channelId: text('channel_id').notNull(),
    accessHash: text('access_hash'),
    title: text('title').notNull(),
    username: text('username'),
    /** When it was saved or asked for last. */
    usedAt: whole('used_at').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.sessionId, table.identifier] })],
);
