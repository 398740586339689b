import type { PoolNotice } from '../../pool/store.js';
import { MOST_LETTERS } from './channel.js';

/** What a transaction brought that others wait for. */
export interface News {
  /** Sessions that became free. */
  readonly freed: number;
  readonly notices: readonly PoolNotice[];
  /** The earliest deadline that it set, in milliseconds on the service's clock; Infinity: none. */
  readonly deadline: number;
  /** Whether the transaction itself told the other replicas that sessions became free. */
  readonly told?: boolean;
}

/** News as they go through the server. */
export interface Told {
  readonly notices: readonly PoolNotice[];
  /** Null: none. */
  readonly deadline: number | null;
}

/** The news but for what became free, in as many messages as they take. A notice that fits into none is left out. */
export function pagesOf(notices: readonly PoolNotice[], deadline: number): Told[] {
  const pages: PoolNotice[][] = [[]];
  let room = MOST_LETTERS;
  for (const notice of notices) {
    const letters = lettersOf(notice);
    if (letters > MOST_LETTERS) continue;
    if (letters > room) {
      pages.push([]);
      room = MOST_LETTERS;
    }
    pages.at(-1)?.push(notice);
    room -= letters + 1;
  }
  return pages.map((page) => ({ notices: page, deadline: Number.isFinite(deadline) ? deadline : null }));
}

/** In ASCII, where a letter beyond it takes six. */
function lettersOf(notice: PoolNotice): number {
  const json = JSON.stringify(notice);
  return json.length + 5 * (json.match(/[\u0080-\uffff]/g)?.length ?? 0);
}
