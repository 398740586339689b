import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, writePrivateFile } from '../../src/kernel/private_files.js';
import type { World } from '../world/world.js';

/** How many accounts the first start adds to the pool. */
const INITIAL_POOL = 3;

/**
 * Logs in the first accounts that need no password, through the service's own API. Only once: a session that is
 * deleted later stays deleted. A start that was interrupted is completed by the next.
 * @throws SandboxRefused.
 */
export async function fillInitialPool(
  directory: string,
  api: Api,
  { accounts }: World,
  size = INITIAL_POOL,
): Promise<void> {
  const done = join(directory, 'pool_filled');
  if (await isThere(done)) return;
  const chosen = accounts.filter(({ seed }) => seed.refused === undefined && seed.password === undefined);
  const listed = await listSessions(api);
  for (const { phone, code } of chosen.slice(0, size)) {
    const isIn = listed.some((session) => session.phone_number === `+${phone}`);
    if (!isIn) await logIn(api, `+${phone}`, code);
  }
  await writePrivateFile(done, '');
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** The service rejected a request of the sandbox. */
export class SandboxRefused extends Error {
  override readonly name = 'SandboxRefused';
}

/** A service's HTTP API, as an admin sees it. */
export interface Api {
  readonly baseUrl: string;
  readonly adminKey: string;
}

/** A session as the API lists it: the fields used here. */
export interface ListedSession {
  readonly id: number;
  readonly name: string;
  readonly phone_number: string | null;
}

/** The sessions of the service. @throws SandboxRefused. */
export async function listSessions(api: Api): Promise<ListedSession[]> {
  return (await ask(api, 'GET', '/sessions?limit=1000')) as ListedSession[];
}

/** Logs an account in as any user would: requests a code, and sends it. @throws SandboxRefused. */
async function logIn(api: Api, phone: string, code: string): Promise<void> {
  const sent = await ask(api, 'POST', '/sessions/send-otp', { phone_number: phone });
  const { temp_session_id } = sent as { readonly temp_session_id: string };
  await ask(api, 'POST', '/sessions/verify-otp', { temp_session_id, code });
}

async function ask({ baseUrl, adminKey }: Api, method: string, path: string, body?: object) {
  const answer = await fetch(`${baseUrl}${path}`, {
    method,
    headers: { 'X-API-Key': adminKey, 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new SandboxRefused(`${method} ${path} was answered with ${answer.status}: ${text}`);
  return JSON.parse(text) as unknown;
}
