import type { Source } from '../sources/store.js';
import type { DeploymentCreate, DeploymentResponse, DeploymentUpdate } from './api_types.js';
import { parameterSchema, parseParameters } from './parameters.js';
import { canonicalSchedules, type PrefectSchedule, prefectSchedules, toPrefectCron } from './schedules.js';

/** The flow of all deployments. */
export const FLOW_NAME = 'telegate-scrape';

/** The queue of the work pool that their runs go to. */
export const WORK_QUEUE = 'default';

/** The schedule that TeleGate writes. Prefect's users may add others. */
const SCHEDULE_SLUG = 'main';

/** Prefect's interface takes a deployment without an entry point for one of Prefect 2, and does not run it. */
const ENTRYPOINT = 'telegate';

/** How long Prefect waits for a run that was cancelled to end before it starts another. */
const GRACE_PERIOD_SECONDS = 300;

/** What of a source its deployment shows. */
export type DeployedSource = Pick<Source, 'id' | 'name' | 'identifier' | 'target' | 'schedule' | 'isActive'>;

/** What both sides may change, and what Prefect's users add to. */
export interface SyncedSpec {
  /** Whether it runs on its schedule. */
  readonly isActive: boolean;
  /** Prefect's form, as `canonicalSchedules` writes it; null: none. */
  readonly schedule: string | null;
  /** Those that TeleGate sets, sorted. */
  readonly tags: readonly string[];
}

/** A source as a deployment. What is not in `SyncedSpec` is TeleGate's alone. */
export interface DeploymentSpec extends SyncedSpec {
  readonly name: string;
  readonly description: string;
  /** What makes its runs ours: the source, the parameters' schema, the work pool, one run at a time. */
  readonly wiring: Wiring;
}

interface Wiring {
  readonly sourceId: unknown;
  readonly parameterSchema: unknown;
  readonly entrypoint: string | null;
  readonly isEnforced: boolean | null;
  readonly workPool: string | null;
  readonly workQueue: string | null;
  readonly concurrencyLimit: number | null;
  readonly collisionStrategy: string | null;
}

/** What is to be done about the differences between a source and its deployment. */
export interface Comparison {
  /** Prefect has to take these over from TeleGate. */
  readonly push: readonly (keyof DeploymentSpec)[];
  /** TeleGate takes these over from Prefect. */
  readonly pull: Partial<Pick<SyncedSpec, 'isActive' | 'schedule'>>;
}

/** The name of a source's deployment. */
export function deploymentName(sourceId: number): string {
  return `source-${sourceId}`;
}

/** The source whose deployment has this name; null: it is none of ours. */
export function sourceIdOf(name: string): number | null {
  const [, digits] = /^source-([1-9]\d{0,14})$/.exec(name) ?? [];
  return digits === undefined ? null : Number(digits);
}

/**
 * The deployment that a source is to have in this work pool. `keptSchedule` is one of Prefect that we cannot express
 * (the `schedule` of what was synced last), which stays while the source has none of its own.
 */
export function ourSpec(
  source: DeployedSource,
  workPool: string,
  keptSchedule: string | null,
): DeploymentSpec {
  const { id, name, schedule, isActive } = source;
  const cron = schedule === null ? null : toPrefectCron(schedule);
  return {
    name: deploymentName(id),
    description: descriptionOf(source),
    isActive,
    schedule: schedule === null ? keptSchedule : cron && canonicalSchedules([cron]),
    tags: [...new Set([`source:${id}`, name])].sort(),
    wiring: {
      sourceId: id,
      parameterSchema: parameterSchema(id),
      entrypoint: ENTRYPOINT,
      isEnforced: true,
      workPool,
      workQueue: WORK_QUEUE,
      concurrencyLimit: 1,
      collisionStrategy: 'CANCEL_NEW',
    },
  };
}

function descriptionOf({ id, name, identifier, target }: DeployedSource): string {
  return (
    `${name}: scrapes the Telegram channel ${identifier} and stores it in ${target}. ` +
    `TeleGate manages this deployment as its source ${id}: pause it, change its schedule or run it on either side; ` +
    'everything else is set in TeleGate.'
  );
}

/** What Prefect has of it, without the tags and parameters that others added. */
export function theirSpec(
  deployment: DeploymentResponse,
  ours: DeploymentSpec,
  base: SyncedSpec | null,
): DeploymentSpec {
  const { schedules } = deployment;
  const active = schedules.filter((schedule) => schedule.active);
  const counted = (active.length > 0 ? active : schedules).map(({ schedule }) => schedule);
  const own = new Set([...ours.tags, ...(base?.tags ?? [])]);
  return {
    name: deployment.name,
    description: deployment.description ?? '',
    isActive: !deployment.paused && (schedules.length === 0 || active.length > 0),
    schedule: counted.length === 0 ? null : canonicalSchedules(counted),
    tags: deployment.tags.filter((tag) => own.has(tag)).sort(),
    wiring: {
      sourceId: deployment.parameters.source_id,
      parameterSchema: deployment.parameter_openapi_schema,
      entrypoint: deployment.entrypoint,
      isEnforced: deployment.enforce_parameter_schema,
      workPool: deployment.work_pool_name,
      workQueue: deployment.work_queue_name,
      concurrencyLimit: deployment.global_concurrency_limit?.limit ?? null,
      collisionStrategy: deployment.concurrency_options?.collision_strategy ?? null,
    },
  };
}

const OWN_FIELDS = [
  'name',
  'description',
  'tags',
  'wiring',
] as const satisfies readonly (keyof DeploymentSpec)[];

/**
 * What differs, and which side has to change. `base` is what both agreed on last; null: they never did. Where both have
 * changed since, TeleGate's change counts; what is TeleGate's alone is always pushed.
 */
export function compareSpecs(
  base: SyncedSpec | null,
  ours: DeploymentSpec,
  theirs: DeploymentSpec,
): Comparison {
  const differs = (field: keyof DeploymentSpec) =>
    canonicalJson(ours[field]) !== canonicalJson(theirs[field]);
  const isTheirs = (field: 'isActive' | 'schedule') => base !== null && ours[field] === base[field];
  const shared = (['isActive', 'schedule'] as const).filter(differs);
  const pulled = shared.filter(isTheirs);
  return {
    push: [...OWN_FIELDS.filter(differs), ...shared.filter((field) => !isTheirs(field))],
    pull: {
      ...(pulled.includes('isActive') && { isActive: theirs.isActive }),
      ...(pulled.includes('schedule') && { schedule: theirs.schedule }),
    },
  };
}

/** What is saved as agreed on. */
export function serializeSynced({ isActive, schedule, tags }: SyncedSpec): string {
  return canonicalJson({ isActive, schedule, tags });
}

/** What `serializeSynced` wrote; null: nothing, or another version did. */
export function parseSynced(text: string | null): SyncedSpec | null {
  if (text === null) return null;
  const { isActive, schedule, tags } = JSON.parse(text) as Partial<SyncedSpec>;
  return isActive === undefined || schedule === undefined || tags === undefined
    ? null
    : { isActive, schedule, tags };
}

/** Where deployments belong. */
export interface DeploymentPlace {
  readonly flowId: string;
  readonly workPool: string;
}

/** The body that creates a source's deployment; `keptSchedule` as for `ourSpec`. */
export function newDeployment(
  source: DeployedSource,
  { flowId, workPool }: DeploymentPlace,
  keptSchedule: string | null = null,
): DeploymentCreate {
  const { name, description, tags, isActive, schedule } = ourSpec(source, workPool, keptSchedule);
  return {
    ...{ name, flow_id: flowId, description, tags, paused: !isActive },
    schedules: prefectSchedules(schedule).map(scheduleBody),
    parameters: { source_id: source.id },
    ...wiringBody(source.id, workPool),
  };
}

/** The calls that make a deployment equal, in this order. */
export interface DeploymentChange {
  readonly patches: readonly DeploymentUpdate[];
  /** Ids of schedules. */
  readonly activate: readonly string[];
  /** Ids of schedules, some of which the patches may have removed already. */
  readonly remove: readonly string[];
}

/**
 * What pushes these fields. A name cannot be changed: its deployment has to be deleted and made anew. Tags, parameters
 * and schedules that Prefect's users added stay, unless the schedule itself is pushed.
 */
export function deploymentChange(
  push: Comparison['push'],
  ours: DeploymentSpec,
  existing: DeploymentResponse,
  base: SyncedSpec | null,
): DeploymentChange {
  const pushes = new Set(push);
  const schedules = prefectSchedules(ours.schedule);
  const replaces = pushes.has('schedule') && schedules.length > 0;
  const slugs: ReadonlySet<string | null> = new Set(schedules.map((_, at) => slugAt(at)));
  const patch: DeploymentUpdate = {
    ...(pushes.has('description') && { description: ours.description }),
    ...(pushes.has('tags') && { tags: mergedTags(ours, existing, base) }),
    // A schedule that was paused by itself is not so any more once it is replaced or removed.
    ...((pushes.has('isActive') || pushes.has('schedule')) && { paused: !ours.isActive }),
    ...(replaces && { schedules: schedules.map(scheduleBody) }),
    ...(pushes.has('wiring') && wiringPatch(ours, existing)),
  };
  const ids = (active: boolean) =>
    existing.schedules.filter((one) => one.active === active).map(({ id }) => id);
  const isDormant = ids(true).length === 0 && !replaces;
  return {
    patches: [
      ...(pushes.has('wiring') ? [openedPatch(ours)] : []),
      ...(Object.keys(patch).length > 0 ? [patch] : []),
    ],
    activate: pushes.has('isActive') && ours.isActive && isDormant ? ids(false) : [],
    // Where all have slugs, a patch leaves those with others.
    remove: pushes.has('schedule')
      ? existing.schedules.filter(({ slug }) => !slugs.has(slug)).map(({ id }) => id)
      : [],
  };
}

/** With the default parameters that somebody set and that are valid: Prefect would refuse the patch for any other. */
function wiringPatch({ wiring }: DeploymentSpec, { parameters }: DeploymentResponse): DeploymentUpdate {
  const sourceId = Number(wiring.sourceId);
  const isValid = ([name, value]: [string, unknown]) =>
    parseParameters({ [name]: value }, sourceId).kind === 'valid';
  return {
    parameters: { ...Object.fromEntries(Object.entries(parameters).filter(isValid)), source_id: sourceId },
    ...wiringBody(sourceId, wiring.workPool ?? ''),
  };
}

/** Parameters are checked against the schema that the deployment has before the change: it may not be ours. */
function openedPatch({ wiring }: DeploymentSpec): DeploymentUpdate {
  return {
    enforce_parameter_schema: false,
    parameter_openapi_schema: parameterSchema(Number(wiring.sourceId)),
  };
}

function wiringBody(sourceId: number, workPool: string) {
  return {
    parameter_openapi_schema: parameterSchema(sourceId),
    enforce_parameter_schema: true,
    entrypoint: ENTRYPOINT,
    work_pool_name: workPool,
    work_queue_name: WORK_QUEUE,
    concurrency_limit: 1,
    concurrency_options: { collision_strategy: 'CANCEL_NEW', grace_period_seconds: GRACE_PERIOD_SECONDS },
  } as const;
}

function scheduleBody(schedule: PrefectSchedule, at: number) {
  return { slug: slugAt(at), active: true, schedule };
}

function slugAt(at: number): string {
  return at === 0 ? SCHEDULE_SLUG : `${SCHEDULE_SLUG}-${at + 1}`;
}

function mergedTags(ours: DeploymentSpec, { tags }: DeploymentResponse, base: SyncedSpec | null): string[] {
  const stale = new Set([...(base?.tags ?? []), ...ours.tags]);
  return [...ours.tags, ...tags.filter((tag) => !stale.has(tag))];
}

/** JSON with the names of objects in order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}
