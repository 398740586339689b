import { type Answer, type Body, send } from './client.js';
import { outdated } from './queries.js';
import { createStore } from './store.js';

/** What can be done with many sessions at once, in the order of its buttons. */
export const BULK_ACTIONS = ['test', 'tag', 'untag', 'proxy', 'restore', 'invalidate', 'delete'] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

/** The maximum number of sessions of one request. */
export const MAX_BULK_SESSIONS = 1000;

/** The sessions that are meant. */
export type BulkTarget =
  | { readonly ids: number[] }
  | { readonly filter: NonNullable<Body<'post', '/sessions/bulk'>['filter']> };

export type BulkAnswer = Answer<'post', '/sessions/bulk'>;

type Rest = Pick<Body<'post', '/sessions/bulk'>, 'tags' | 'reason'> & {
  /** A URL; empty: a direct connection. */
  readonly proxy?: string;
};

/** How far an action is, as the service tells it. */
export interface BulkProgress {
  readonly bulk_id: string;
  readonly total: number;
  readonly done: number;
  readonly failed: number;
}

/** The newest progress of any action on many sessions; null: none yet. */
export const bulkProgress = createStore<BulkProgress | null>(null);

/** Does the same to many sessions; `id` names the action in its progress. @throws ApiError; ServiceUnreachable */
export async function runBulk(
  id: string,
  action: BulkAction,
  target: BulkTarget,
  rest: Rest,
): Promise<BulkAnswer> {
  const body = { ...target, ...rest, action, bulk_id: id } as unknown as Body<'post', '/sessions/bulk'>;
  try {
    return await send('post', '/sessions/bulk', { body });
  } finally {
    outdated('sessions', 'status', 'leases');
  }
}

/** Begins no further sessions of the action. */
export async function cancelBulk(id: string): Promise<void> {
  await send('post', '/sessions/bulk/{bulk_id}/cancel', { path: { bulk_id: id } });
}
