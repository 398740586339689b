import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { SourceFacts } from '../sources/store.js';
import type { Tables } from './tables.js';

/** What is said of a source's place. */
export type Placed = Pick<SourceFacts, 'target' | 'targetPath'>;

/**
 * The sources that store where this one would, above it or below it; undefined: none can, for without a path of
 * its own a source stores by its id.
 */
export function overlapping(sources: Tables['sources'], { target, targetPath }: Placed): SQL | undefined {
  if (targetPath === null) return undefined;
  const below = sql`cast(${`${targetPath}/`} as text)`;
  const theirs = sql`(${sources.targetPath} || '/')`;
  const overlaps = sql`(substr(${theirs}, 1, length(${below})) = ${below} OR substr(${below}, 1, length(${theirs})) = ${theirs})`;
  return and(eq(sources.target, target), overlaps);
}
