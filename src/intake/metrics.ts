import type { Registry } from 'prom-client';
import { registerGauge } from '../kernel/scraped_gauge.js';

/** The state of SESSIONS_DIR, read on each scrape. */
export interface DirectoryGauges {
  /** Whether it is there, with the files of the sessions. */
  readonly isAvailable: () => boolean;
  /** When this replica last synced it as a whole; null: not since the start. */
  readonly syncedAt: () => Date | null;
}

/** Registers the state of SESSIONS_DIR, where this replica has it. */
export function registerDirectoryMetrics(
  registry: Registry,
  { isAvailable, syncedAt }: DirectoryGauges,
): void {
  registerGauge(registry, {
    name: 'telegate_sessions_directory_up',
    help: 'Whether SESSIONS_DIR is available: 1, or 0 while nothing is leased because it is gone',
    read: () => Number(isAvailable()),
  });
  registerGauge(registry, {
    name: 'telegate_last_sync_timestamp_seconds',
    help: 'When this replica last synced the whole of SESSIONS_DIR, in seconds since 1970',
    read() {
      const at = syncedAt();
      return at && at.getTime() / 1000;
    },
  });
}
