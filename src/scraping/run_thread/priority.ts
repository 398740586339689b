import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

/** As `nice` counts: where both want all of a processor, a thread of 5 gets a quarter of it, and one of 0 the rest. */
const NICENESS = 5;

/**
 * Lets the threads that lease go first where there are fewer processors than threads that want one. Linux has
 * priorities of single threads; elsewhere, or where it is refused, nothing happens.
 */
export function lowerPriority(): void {
  if (process.platform !== 'linux') return;
  try {
    // `<process>/task/<thread>`: synchronous calls are made by the thread itself.
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), NICENESS);
  } catch {
    // Without /proc, or not allowed.
  }
}
