import { statSync } from 'node:fs';
import { DatabaseRefused } from '../refused.js';

/** @throws DatabaseRefused when both paths lead to one file, by whatever links. */
export function refuseSameFile(from: string, to: string): void {
  const one = statSync(from, { throwIfNoEntry: false, bigint: true });
  const other = statSync(to, { throwIfNoEntry: false, bigint: true });
  const same = one && other ? one.dev === other.dev && one.ino === other.ino : from === to;
  if (same) throw new DatabaseRefused(`${to} is the file to be copied itself.`);
}
