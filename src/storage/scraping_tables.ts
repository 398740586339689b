import { sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import type { RunLogEntry, RunReason, RunState, ScrapedFile } from '../runs/store.js';
import type { AccessLevel, Target } from '../sources/store.js';
import type { Columns } from './postgres/columns.js';

/** Declares the tables of sources and their runs. */
export function declareScrapingTables(c: Columns, sessions: { readonly id: AnyPgColumn }) {
  /** The channels to scrape. `api_hash`, `bot_token` and `bot_session` are encrypted. */
  const sources = c.table(
    'sources',
    {
      id: c.identity(),
      name: c.text('name').notNull(),
      identifier: c.text('identifier').notNull(),
      channelTitle: c.text('channel_title'),
      accessLevel: c.text('access_level').$type<AccessLevel>().notNull(),
      target: c.text('target').$type<Target>().notNull(),
      targetPath: c.text('target_path'),
      sessionId: c.whole('session_id').references(() => sessions.id),
      fileTypes: c.list('file_types'),
      schedule: c.text('schedule'),
      isActive: c.flag('is_active').notNull(),
      apiId: c.integer('api_id'),
      apiHash: c.text('api_hash'),
      botToken: c.text('bot_token'),
      botSession: c.text('bot_session'),
      createdAt: c.whole('created_at').notNull(),
      updatedAt: c.whole('updated_at').notNull(),
      lastScrapedAt: c.whole('last_scraped_at'),
      totalMessages: c.whole('total_messages').notNull().default(0),
      totalFiles: c.whole('total_files').notNull().default(0),
    },
    (table) => [
      c.index('sources_by_session').on(table.sessionId).where(sql`session_id IS NOT NULL`),
      c.index('sources_by_name').on(table.name),
    ],
  );

  /** The sources' deployments at Prefect. No foreign key: a row outlives its source, until Prefect has forgotten it. */
  const deployments = c.table(
    'deployments',
    {
      sourceId: c.whole('source_id').primaryKey(),
      deploymentId: c.text('deployment_id'),
      synced: c.text('synced'),
      foreignSchedule: c.text('foreign_schedule'),
      revision: c.whole('revision').notNull().default(1),
      syncedRevision: c.whole('synced_revision').notNull().default(0),
      error: c.text('error'),
    },
    (table) => [c.index('deployments_due').on(table.sourceId).where(sql`revision <> synced_revision`)],
  );

  const runs = c.table(
    'runs',
    {
      id: c.identity(),
      sourceId: c.parent('source_id', () => sources.id),
      state: c.text('state').$type<RunState>().notNull(),
      reason: c.text('reason').$type<RunReason>().notNull(),
      error: c.text('error'),
      sessionName: c.text('session_name'),
      sessions: c.list('sessions'),
      waitingSince: c.whole('waiting_since'),
      owner: c.text('owner'),
      ownedUntil: c.whole('owned_until'),
      cancelRequested: c.flag('cancel_requested').notNull().default(false),
      notBefore: c.whole('not_before'),
      messagesRead: c.whole('messages_read').notNull().default(0),
      messagesStored: c.whole('messages_stored').notNull().default(0),
      filesFound: c.whole('files_found').notNull().default(0),
      filesDone: c.whole('files_done').notNull().default(0),
      filesSkipped: c.whole('files_skipped').notNull().default(0),
      bytesDone: c.whole('bytes_done').notNull().default(0),
      totalMessages: c.whole('total_messages'),
      limit: c.whole('message_limit'),
      since: c.whole('since'),
      fileTypes: c.list('file_types'),
      flowRunId: c.text('flow_run_id'),
      flowReported: c.flag('flow_reported').notNull().default(true),
      flowLogsSent: c.whole('flow_logs_sent').notNull().default(0),
      flowLogsDue: c.flag('flow_logs_due').notNull().default(false),
      createdAt: c.whole('created_at').notNull(),
      startedAt: c.whole('started_at'),
      finishedAt: c.whole('finished_at'),
    },
    (table) => [
      c.index('runs_by_source').on(table.sourceId, table.id),
      c.index('runs_by_state').on(table.state, table.id),
      c.uniqueIndex('runs_unfinished').on(table.sourceId).where(sql`finished_at IS NULL`),
      c.uniqueIndex('runs_by_flow_run').on(table.flowRunId).where(sql`flow_run_id IS NOT NULL`),
      c.index('runs_unreported').on(table.id).where(sql`NOT flow_reported`),
      c.index('runs_with_logs_due').on(table.id).where(sql`flow_logs_due`),
    ],
  );

  const runLogs = c.table(
    'run_logs',
    {
      id: c.identity(),
      runId: c.parent('run_id', () => runs.id),
      at: c.whole('at').notNull(),
      level: c.text('level').$type<RunLogEntry['level']>().notNull(),
      message: c.text('message').notNull(),
    },
    (table) => [
      c.index('run_logs_by_run').on(table.runId, table.id),
      c.index('run_logs_by_age').on(table.at),
    ],
  );

  /** The files of a source's messages. Kept when the run that found them is deleted. */
  const files = c.table(
    'files',
    {
      id: c.identity(),
      sourceId: c.parent('source_id', () => sources.id),
      runId: c.whole('run_id').notNull(),
      messageId: c.integer('message_id').notNull(),
      path: c.text('path'),
      name: c.text('name').notNull(),
      mimeType: c.text('mime_type').notNull(),
      sizeBytes: c.whole('size_bytes').notNull(),
      sha256: c.bytes('sha256'),
      state: c.text('state').$type<ScrapedFile['state']>().notNull(),
      reason: c.text('reason'),
      createdAt: c.whole('created_at').notNull(),
    },
    (table) => [
      c.uniqueIndex('files_by_message').on(table.sourceId, table.messageId),
      c.index('files_by_content').on(table.sourceId, table.sha256).where(sql`state = 'stored'`),
      c.index('files_by_run').on(table.runId, table.messageId),
    ],
  );

  /** The checkpoint of each source. */
  const checkpoints = c.table('checkpoints', {
    sourceId: c.parent('source_id', () => sources.id).primaryKey(),
    lastMessageId: c.integer('last_message_id').notNull(),
    monthPath: c.text('month_path'),
    monthBytes: c.whole('month_bytes').notNull(),
  });

  return { sources, deployments, runs, runLogs, files, checkpoints };
}
