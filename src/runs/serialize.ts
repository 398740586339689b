import { z } from 'zod';
import { iso, type SteadyClock } from '../kernel/clock.js';
import type { ListedFile, ListedLogEntry, ListedRun } from './list_store.js';
import { LOG_LEVELS, RUN_REASONS, RUN_STATES, type Run } from './store.js';

const moment = z.iso.datetime();

/** A run in the list of sources. */
export const runSummary = z
  .object({
    id: z.int(),
    state: z.enum(RUN_STATES),
    started_at: moment.nullable(),
    finished_at: moment.nullable(),
    error: z.string().nullable(),
  })
  .meta({ id: 'RunSummary' });

/** A run in answers of the API. */
export const runAnswer = runSummary
  .extend({
    source_id: z.int(),
    reason: z.enum(RUN_REASONS),
    session_name: z
      .string()
      .nullable()
      .meta({ description: "The session in use, or used last; `bot` and its id: the source's bot" }),
    sessions: z
      .array(z.string())
      .meta({ description: 'All that read for it at present, by name', example: ['sandbox_1'] }),
    waiting_since: moment.nullable().meta({ description: 'Since when it waits for a session' }),
    not_before: moment.nullable().meta({ description: 'When it resumes' }),
    cancel_requested: z.boolean(),
    limit: z.int().nullable().meta({ description: 'It reads at most so many messages' }),
    since: moment.nullable().meta({ description: 'It skips messages from before this, for good' }),
    file_types: z
      .array(z.string())
      .nullable()
      .meta({ description: "Extensions of the files that it downloads; null: the source's" }),
    flow_run_id: z.string().nullable().meta({ description: 'Its id at Prefect' }),
    flow_run_url: z.string().nullable().meta({ description: "Its page in Prefect's interface" }),
    total_messages: z.int().nullable().meta({
      description: 'How many messages there are to read in all; null: Telegram does not say',
      example: 1000,
    }),
    messages_read: z.int().meta({ example: 240 }),
    messages_stored: z.int().meta({ example: 240 }),
    files_found: z.int(),
    files_done: z.int(),
    files_skipped: z.int(),
    bytes_done: z.int(),
    seconds: z.number().meta({ description: 'How long it has taken' }),
    messages_per_second: z.number(),
    bytes_per_second: z.number(),
    created_at: moment,
  })
  .meta({ id: 'Run' });

/** A run in a list. */
export const listedRunAnswer = runAnswer.extend({ source_name: z.string() }).meta({ id: 'ListedRun' });

export const runLogAnswer = z.object({
  id: z.int().meta({ description: 'Ascending; see `after`', example: 17 }),
  at: moment,
  level: z.enum(LOG_LEVELS),
  message: z.string().meta({ example: 'reading @sandbox_news from message 1 on' }),
});

export const runFileAnswer = z.object({
  id: z.int().meta({ description: 'For its content', example: 1 }),
  source_id: z.int().meta({ example: 3 }),
  source_name: z.string().meta({ example: 'Daily news' }),
  run_id: z.int().meta({ description: 'The run that found it', example: 12 }),
  message_id: z.int().meta({ example: 4711 }),
  path: z.string().nullable().meta({
    description: "Relative to the target's root; null: not stored",
    example: 'source-3/files/4711_report.pdf',
  }),
  name: z.string().meta({ example: 'report.pdf' }),
  mime_type: z.string().meta({ example: 'application/pdf' }),
  size_bytes: z.int().meta({ example: 48_213 }),
  sha256: z
    .string()
    .nullable()
    .meta({ example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' }),
  state: z.enum(['stored', 'duplicate', 'skipped']),
  reason: z.string().nullable().meta({ description: 'Why it was skipped', example: null }),
});

/** A run's state and times. */
export function serializeRunSummary(run: Run, clock: SteadyClock): z.output<typeof runSummary> {
  const { id, state, error } = run;
  const time = isoTime(clock);
  return { id, state, started_at: time(run.startedAt), finished_at: time(run.finishedAt), error };
}

/** Serialises a run with its progress, and its rates until now or its end. */
export type RunSerializer = (run: Run) => z.output<typeof runAnswer>;

/** `flowRunUrl`: the page of a flow run in Prefect's interface; null: Prefect is not used. */
export function runSerializer(
  clock: SteadyClock,
  flowRunUrl: ((flowRunId: string) => string) | null = null,
): RunSerializer {
  return (run) => ({
    ...serializeRun(run, clock),
    flow_run_url: run.flowRunId === null || flowRunUrl === null ? null : flowRunUrl(run.flowRunId),
  });
}

function serializeRun(run: Run, clock: SteadyClock): Omit<z.output<typeof runAnswer>, 'flow_run_url'> {
  const time = isoTime(clock);
  const seconds = run.startedAt === null ? 0 : ((run.finishedAt ?? clock.now()) - run.startedAt) / 1000;
  const rate = (count: number) => (seconds > 0 ? Math.round((count / seconds) * 10) / 10 : 0);
  return {
    ...serializeRunSummary(run, clock),
    source_id: run.sourceId,
    reason: run.reason,
    session_name: run.sessionName,
    sessions: run.sessions ?? [],
    waiting_since: time(run.waitingSince),
    not_before: time(run.notBefore),
    cancel_requested: run.cancelRequested,
    limit: run.limit,
    // As Telegram tells the time, and not on the service's clock.
    since: run.since === null ? null : new Date(run.since).toISOString(),
    file_types: run.fileTypes && [...run.fileTypes],
    flow_run_id: run.flowRunId,
    total_messages: run.totalMessages,
    messages_read: run.messagesRead,
    messages_stored: run.messagesStored,
    files_found: run.filesFound,
    files_done: run.filesDone,
    files_skipped: run.filesSkipped,
    bytes_done: run.bytesDone,
    seconds,
    messages_per_second: rate(run.messagesRead),
    bytes_per_second: rate(run.bytesDone),
    created_at: iso(clock, run.createdAt),
  };
}

/** A run in a list. */
export function serializeListedRun(
  run: ListedRun,
  serialize: RunSerializer,
): z.output<typeof listedRunAnswer> {
  return { ...serialize(run), source_name: run.sourceName };
}

/** An entry of a run's log. */
export function serializeRunLogEntry({ id, at, level, message }: ListedLogEntry, clock: SteadyClock) {
  return { id, at: iso(clock, at), level, message };
}

/** A file of a run, and what became of it. */
export function serializeRunFile(file: ListedFile): z.output<typeof runFileAnswer> {
  const { id, sourceId, sourceName, runId } = file;
  const { messageId, path, name, mimeType, sizeBytes, sha256, state, reason } = file;
  return {
    ...{ id, source_id: sourceId, source_name: sourceName, run_id: runId },
    ...{ message_id: messageId, path, name, mime_type: mimeType, size_bytes: sizeBytes },
    ...{ sha256, state, reason },
  };
}

function isoTime(clock: SteadyClock) {
  return (at: number | null) => (at === null ? null : iso(clock, at));
}
