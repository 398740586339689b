import { type Answer, type Body, send } from './client.js';
import { outdated } from './queries.js';

/** A session, as the API answers it. */
export type Session = Answer<'get', '/sessions/{id}'>;

/** A proxy may also be a URL; empty: none. */
type Change = Omit<Body<'put', '/sessions/{id}'>, 'proxy'> & { readonly proxy?: string };

/** Saves changes of a session. @throws ApiError; ServiceUnreachable */
export async function changeSession(id: number, change: Change): Promise<void> {
  await send('put', '/sessions/{id}', {
    path: { id },
    body: change as unknown as Body<'put', '/sessions/{id}'>,
  });
  outdated('sessions', 'status');
}

/** Takes a session out of the pool until it is restored. @throws ApiError; ServiceUnreachable */
export async function invalidateSession(id: number, reason: string): Promise<void> {
  await send('post', '/invalidate', { body: { session_id: id, ...(reason && { reason }) } });
  outdated('sessions', 'status', 'leases');
}

/** Puts an invalidated session back into the pool. @throws ApiError; ServiceUnreachable */
export async function restoreSession(id: number): Promise<void> {
  await send('post', '/restore', { body: { session_id: id } });
  outdated('sessions', 'status');
}

/** What the service itself gives as a reason, and the state says already, in the language that is shown. */
const SAID_BY_STATE: readonly string[] = [
  'all uses of the day',
  'flood wait',
  'invalidated',
  'its lease expired although it had been renewed',
  'its lease was ended',
  'its lease was revoked',
  'taken out of the pool by an admin',
];

/** Why a session is in its state, as far as the state does not say so; null: there is no more to say. */
export function furtherReason({ status_reason }: Pick<Session, 'status_reason'>): string | null {
  return status_reason !== null && SAID_BY_STATE.includes(status_reason) ? null : status_reason;
}

/** `socks5://user@host:1080`, without the password; empty: no proxy. */
export function proxyName(proxy: Session['proxy']): string {
  return proxy ? `${proxy.type}://${proxy.user ? `${proxy.user}@` : ''}${proxy.host}:${proxy.port}` : '';
}
