import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivateFile, hasCode } from '../../src/kernel/private_files.js';

/** The API keys of a sandbox's service. */
export interface SandboxKeys {
  readonly admin: string;
  readonly worker: string;
}

/**
 * The keys in `directory`/admin.key and worker.key, which are created (mode 0600) at the first start.
 * @throws the file system's error.
 */
export async function storedApiKeys(directory: string): Promise<SandboxKeys> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const admin = await storedApiKey(join(directory, 'admin.key'));
  const worker = await storedApiKey(join(directory, 'worker.key'));
  return { admin, worker };
}

async function storedApiKey(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  await createPrivateFile(path, `tg_${randomBytes(32).toString('base64url')}\n`);
  return (await readFile(path, 'utf8')).trim();
}
