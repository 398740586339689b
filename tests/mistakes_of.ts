import { ConfigError, loadConfig } from '../src/config.js';

/** The lines in which `loadConfig` refuses these settings; none if it takes them. */
export function mistakesOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n').slice(1);
    throw error;
  }
  return [];
}
