import { z } from 'zod';
import { iso, type SteadyClock } from '../kernel/clock.js';
import { runSummary, serializeRunSummary } from '../runs/serialize.js';
import type { RunService } from '../runs/service.js';
import type { Run } from '../runs/store.js';
import { ACCESS_LEVELS, type Source, type SourceStore, TARGETS } from './store.js';

const moment = z.iso.datetime();

/** A source's deployment at Prefect in answers of the API. */
const deploymentAnswer = z
  .object({
    id: z.string().nullable().meta({ description: 'Its id at Prefect; null: it was not made yet' }),
    synchronised: z.boolean().meta({ description: 'Whether Prefect has the source as it is now' }),
    schedule: z
      .string()
      .nullable()
      .meta({ description: "Prefect's own schedule, in its words, where it is no cron expression" }),
    error: z.string().nullable().meta({ description: 'Why the last attempt to synchronise failed' }),
    url: z.string().nullable().meta({ description: "Its page in Prefect's interface" }),
  })
  .meta({ id: 'Deployment' });

export type DeploymentAnswer = z.output<typeof deploymentAnswer>;

/** The deployments of these sources, by source. */
export type DeploymentsOf = (sourceIds: readonly number[]) => Promise<ReadonlyMap<number, DeploymentAnswer>>;

/** A source as the API returns it, without its API hash and bot token. */
export const sourceAnswer = z
  .object({
    id: z.int(),
    name: z.string(),
    identifier: z.string().meta({ example: '@euronews_eng' }),
    channel_title: z.string().nullable(),
    access_level: z.enum(ACCESS_LEVELS),
    target: z.enum(TARGETS),
    target_path: z.string().nullable(),
    session_ref: z.int().nullable(),
    session_id: z.int().nullable(),
    session_name: z.string().nullable().meta({ description: 'Of the session that reads it' }),
    api_id: z.int().nullable(),
    file_types: z.array(z.string()).nullable(),
    schedule: z.string().nullable(),
    is_active: z.enum(['active', 'inactive']),
    created_at: moment,
    updated_at: moment,
    last_scraped_at: moment.nullable(),
    total_messages_scraped: z.int(),
    total_files_downloaded: z.int(),
    last_run: runSummary.nullable(),
    deployment: deploymentAnswer.nullable().meta({ description: 'Null: Prefect is not used' }),
  })
  .meta({ id: 'Source' });

/**
 * Serialises sources, with the newest run, the session and the deployment of each. `deploymentsOf` null: Prefect is not
 * used.
 */
export function sourceSerializer(
  runs: Pick<RunService, 'lastRuns'>,
  store: Pick<SourceStore, 'sessionNames'>,
  clock: SteadyClock,
  deploymentsOf: DeploymentsOf | null = null,
) {
  const all = async (sources: readonly Source[]) => {
    const ids = sources.map(({ id }) => id);
    const [last, named] = await Promise.all([runs.lastRuns(ids), store.sessionNames(ids)]);
    const sessionNameOf = new Map(named.map(({ sourceId, sessionName }) => [sourceId, sessionName]));
    const runOf = new Map(last.map((run) => [run.sourceId, run]));
    const deploymentOf = await deploymentsOf?.(ids);
    return sources.map((source) => {
      const deployment = deploymentOf?.get(source.id) ?? null;
      const sessionName = sessionNameOf.get(source.id) ?? null;
      return serializeSource(source, { last: runOf.get(source.id) ?? null, sessionName, deployment }, clock);
    });
  };
  const one = async (source: Source) => {
    const [answer] = await all([source]);
    if (!answer) throw new Error('the source was not serialised');
    return answer;
  };
  return { all, one };
}

/** What is answered with a source. */
interface BesideSource {
  readonly last: Run | null;
  readonly sessionName: string | null;
  readonly deployment: DeploymentAnswer | null;
}

function serializeSource(
  source: Source,
  { last, sessionName, deployment }: BesideSource,
  clock: SteadyClock,
): z.output<typeof sourceAnswer> {
  const { id, name, identifier, target, sessionId, schedule, fileTypes, lastScrapedAt } = source;
  return {
    ...{ id, name, identifier, channel_title: source.channelTitle, access_level: source.accessLevel },
    ...{ target, target_path: source.targetPath, session_ref: sessionId, session_id: sessionId },
    session_name: sessionName,
    api_id: source.apiId,
    file_types: fileTypes && [...fileTypes],
    schedule,
    is_active: source.isActive ? 'active' : 'inactive',
    created_at: iso(clock, source.createdAt),
    updated_at: iso(clock, source.updatedAt),
    last_scraped_at: lastScrapedAt === null ? null : iso(clock, lastScrapedAt),
    total_messages_scraped: source.totalMessages,
    total_files_downloaded: source.totalFiles,
    last_run: last && serializeRunSummary(last, clock),
    deployment,
  };
}
