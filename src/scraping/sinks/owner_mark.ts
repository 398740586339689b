import type { StoringSource } from './sink.js';
import { SinkFailed } from './sink_failed.js';

/** Says whose a directory is: two sources in one would write over each other's months. */
export const OWNER_MARK = '.telegate-source';

/** What the mark of a source says. Ids begin again in another database, times of creation do not. */
export function ownerMark(source: StoringSource): string {
  return `source ${source.id}, created ${source.createdAt}\n`;
}

/** @throws SinkFailed where the mark that was found is another source's. An empty one was cut off, and is nobody's. */
export function ensureOwn(source: StoringSource, directory: string, found: string): void {
  if (found === '' || found === ownerMark(source)) return;
  const owner = /^source (\d+), /.exec(found)?.[1];
  const who = owner === undefined ? 'something else' : `a source with the id ${owner}`;
  const remedy = `give this one another target_path, or move that directory away`;
  throw new SinkFailed(source.target, directory, `${who} has stored there: ${remedy}`);
}
