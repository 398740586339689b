import { type Answer, type Body, send } from './client.js';
import { outdated } from './queries.js';

/** A source, as the API answers it. */
export type Source = Answer<'get', '/sources/{id}'>;

/** Where sources store. */
export type Target = Source['target'];

/** Saves changes of a source; they apply from its next run. @throws ApiError; ServiceUnreachable */
export async function changeSource(id: number, change: Body<'put', '/sources/{id}'>): Promise<void> {
  await send('put', '/sources/{id}', { path: { id }, body: change });
  outdated('sources');
}

/** Queues a run; answers its id. @throws ApiError `run_in_progress`; ServiceUnreachable */
export async function triggerSource(id: number): Promise<number> {
  const { run_id } = await send('post', '/sources/{id}/trigger', { path: { id } });
  outdated('sources', 'runs');
  return run_id;
}

/** Deletes a source, its schedule and the records of its runs. @throws ApiError; ServiceUnreachable */
export async function deleteSource(id: number): Promise<void> {
  await send('delete', '/sources/{id}', { path: { id } });
  outdated('sources', 'runs');
}

/** Where it is stored, as a path below its target. */
export function pathOf({ id, target_path }: Pick<Source, 'id' | 'target_path'>): string {
  return target_path ?? `source-${id}`;
}
