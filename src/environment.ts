import { hasCode } from './kernel/private_files.js';

/** `./.env` exists, but can't be read. The message says why, and contains no secret. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/**
 * The environment of this process, completed from `./.env` if it exists; variables that are already set take
 * precedence.
 *
 * @throws EnvironmentError if `./.env` exists but can't be read.
 */
export function readEnvironment(): Record<string, string | undefined> {
  try {
    process.loadEnvFile('./.env');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!hasCode(error, 'ENOENT')) throw new EnvironmentError(`.env can't be read: ${reason}`);
  }
  // biome-ignore lint/style/noProcessEnv: the one place where the environment comes in
  return process.env;
}
