import type { WorkPoolResponse } from './api_types.js';
import type { PrefectClient } from './client.js';
import {
  PrefectConflict,
  PrefectError,
  PrefectNotFound,
  PrefectRefused,
  PrefectUnauthorized,
} from './errors.js';
import type { CallOptions } from './http.js';

/** The type of the work pools that TeleGate serves. */
export const WORK_POOL_TYPE = 'telegate';

const OLDEST = [3, 6] as const;

/** The API of a workspace of Prefect Cloud. */
const CLOUD = /\/accounts\/[\w-]+\/workspaces\/[\w-]+$/;
const CLOUD_VERSION = 'Cloud';

/**
 * Whether the server at `apiUrl` can be used; returns its version, or `Cloud`.
 *
 * @throws PrefectRefused if it can't: no Prefect 3.6 or newer, or other credentials are wanted. PrefectUnreachable if it
 * does not answer: it may later.
 */
export async function checkServer(
  client: PrefectClient,
  apiUrl: string,
  options?: CallOptions,
): Promise<string> {
  const version: unknown = await client.version(options).catch((error: unknown) => {
    // Prefect Cloud has no version; whether it takes the key shows at the first call.
    if (error instanceof PrefectNotFound && CLOUD.test(apiUrl)) return CLOUD_VERSION;
    throw error instanceof PrefectError ? refused(error, apiUrl) : error;
  });
  if (version === CLOUD_VERSION) return CLOUD_VERSION;
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(String(version)) ?? [];
  if (major === undefined || minor === undefined) throw noPrefect(apiUrl);
  const isOld = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
  if (!isOld) return String(version);
  throw new PrefectRefused(
    `PREFECT_API_URL: the server at ${apiUrl} is Prefect ${version}, but ${OLDEST.join('.')} or newer is needed.`,
  );
}

/**
 * The work pool of this name, which is created if it is missing.
 *
 * @throws PrefectRefused if it has another type; as `PrefectHttp.call`.
 */
export async function ensureWorkPool(
  client: PrefectClient,
  name: string,
  options?: CallOptions,
): Promise<WorkPoolResponse> {
  const pool = await findOrCreate(client, name, options);
  if (pool.type === WORK_POOL_TYPE) return pool;
  throw new PrefectRefused(
    `PREFECT_WORK_POOL: Prefect has a work pool ${name} of the type ${pool.type}, and TeleGate needs one of its own: ` +
      'choose another name, or delete that pool.',
  );
}

async function findOrCreate(
  client: PrefectClient,
  name: string,
  options?: CallOptions,
): Promise<WorkPoolResponse> {
  const find = () => client.workPool(name, options);
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof PrefectNotFound)) throw error;
  }
  const description = 'Sources of TeleGate, run by its own workers.';
  const body = { name, type: WORK_POOL_TYPE, description, base_job_template: {} };
  return client.createWorkPool(body, options).catch((error: unknown) => {
    if (error instanceof PrefectConflict) return find();
    throw error;
  });
}

function refused(error: PrefectError, apiUrl: string): PrefectRefused {
  if (!(error instanceof PrefectUnauthorized)) return noPrefect(apiUrl);
  return new PrefectRefused(
    `PREFECT_API_KEY, PREFECT_API_AUTH_STRING: the server at ${apiUrl} does not accept what is set (${error.answered}).`,
  );
}

function noPrefect(apiUrl: string): PrefectRefused {
  const hint = apiUrl.endsWith('/api') ? '' : ', whose address ends in /api';
  return new PrefectRefused(
    `PREFECT_API_URL: what answers at ${apiUrl} is not the API of a Prefect server${hint}.`,
  );
}
