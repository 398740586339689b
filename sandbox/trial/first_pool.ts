import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, writePrivateFile } from '../../src/kernel/private_files.js';
import type { World } from '../world/world.js';
import { type Api, listSessions, logIn } from './api.js';

/** So many accounts are in the pool when the sandbox is started for the first time. */
export const FIRST_POOL = 3;

/**
 * Logs the first accounts that need no password in, through the service's own API. Only once: a session that is
 * deleted later stays deleted. A start that was broken off is made good by the next.
 * @throws SandboxRefused.
 */
export async function fillFirstPool(
  directory: string,
  api: Api,
  { accounts }: World,
  size = FIRST_POOL,
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
