import { type SQL, sql } from 'drizzle-orm';
import { sessions, sessionTags } from './schema.js';

/** That a session has all the tags of `tagValues`: any has, where there are none. */
export function hasAllTags(): SQL {
  return sql`(${sql.placeholder('tags')} = '[]' OR NOT EXISTS (SELECT 1 FROM json_each(${sql.placeholder('tags')}) w
    WHERE NOT EXISTS (SELECT 1 FROM ${sessionTags} t WHERE t.session_id = ${sessions.id} AND t.tag = w.value)))`;
}

/** The values that `hasAllTags` looks for. */
export function tagValues(tags: readonly string[]): { readonly tags: string } {
  return { tags: JSON.stringify(tags) };
}
