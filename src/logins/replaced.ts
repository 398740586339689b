import type { SessionRecord, SessionStore } from '../sessions/store.js';
import { taken } from './refusals.js';
import type { LoginStore } from './store.js';

/** What a login wants its session to have. Null: not known yet, or none. */
export type WantedSession = Omit<Parameters<LoginStore['obstacle']>[0], 'replaces'>;

/**
 * The sessions of a phone number that Telegram wants a new login of: their files are worth nothing then, and
 * may be replaced.
 */
export async function expiredOf(
  sessions: SessionStore,
  phoneNumber: string | null,
): Promise<SessionRecord[]> {
  const known = phoneNumber === null ? [] : await sessions.ofPhone(phoneNumber);
  return known.filter(({ state, rest }) => state === 'dead' || rest === 'dead');
}

/** The session that a login replaces; null: it makes a new one. @throws Conflict where something is in the way. */
export async function replacedBy(
  { store, sessions }: { readonly store: LoginStore; readonly sessions: SessionStore },
  wanted: WantedSession,
): Promise<SessionRecord | null> {
  const { name, phoneNumber } = wanted;
  const expired = await expiredOf(sessions, phoneNumber);
  const replaced = expired.find((session) => name === null || session.name === name) ?? null;
  const obstacle = await store.obstacle({ ...wanted, replaces: replaced?.id ?? null });
  if (obstacle) throw taken(obstacle);
  return replaced;
}
