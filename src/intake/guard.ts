import { Conflict } from '../errors.js';

/** From so many rows on, losing over half of them at once looks like a lost disk. */
const FEWEST_ROWS = 10;

export interface GuardFacts {
  /** Rows that stand for files. */
  readonly known: number;
  /** Of those, how many have no file now. */
  readonly gone: number;
  /** Sessions whose files are there. */
  readonly found: number;
  readonly device: string;
  /** The device at the last sync; null: there was none. */
  readonly lastDevice: string | null;
}

/** Why rows must not go now (an unmounted disk must not empty the pool); null: they may. */
export function guardTrips({ known, gone, device, lastDevice }: GuardFacts): string | null {
  if (gone === 0) return null;
  if (lastDevice !== null && device !== lastDevice) {
    return 'SESSIONS_DIR lies on another device than at the last sync: is its disk mounted? force=true removes all the same';
  }
  if (known < FEWEST_ROWS || gone * 2 <= known) return null;
  return `the files of ${gone} of ${known} sessions are gone at once: is the disk mounted? force=true removes them all the same`;
}

/** `mass_removal_guard`: so much is gone that the disk may be; no row was touched. */
export class MassRemovalRefused extends Conflict {
  /** Whether it looks as if the directory itself were gone, and not only some of its files. */
  readonly looksLost: boolean;
  /** On which the directory lies, `st_dev` in decimal. */
  readonly device: string;

  constructor(message: string, { known, gone, found, device, lastDevice }: GuardFacts) {
    super({ error: 'mass_removal_guard', message, would_remove: gone, known });
    this.device = device;
    const moved = lastDevice !== null && device !== lastDevice;
    this.looksLost = found === 0 || (moved && gone * 2 > known);
  }
}
