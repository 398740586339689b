import type { SessionRecord } from '../sessions/store.js';
import { isRpcError, TelegramTimeout, TelegramUnreachable } from '../telegram/errors.js';
import type { PendingLogin } from './store.js';

/** Whether Telegram may have carried out a step that failed like this; `before`: an earlier step's outcome is unknown. */
export function isOutcomeUnknown(error: unknown, before: boolean): boolean {
  if (isRpcError(error)) return false;
  return before || error instanceof TelegramTimeout || error instanceof TelegramUnreachable;
}

/** Whether deleting the login would leave an unknown session at Telegram. */
export function leavesSession({ kind, stage }: Pick<PendingLogin, 'kind' | 'stage'>): boolean {
  return kind === 'code' && stage === 'ready';
}

/** Whether the session's account needs a new login: its files are then worthless, and may be replaced. */
export function isExpired({ state, rest }: Pick<SessionRecord, 'state' | 'rest'>): boolean {
  return state === 'dead' || rest === 'dead';
}

/** Which of a phone number's expired sessions a login replaces; `name` null: any. Null: none, it creates a new one. */
export function replacedSession<Session extends Pick<SessionRecord, 'name'>>(
  expired: readonly Session[],
  name: string | null,
): Session | null {
  return expired.find((session) => name === null || session.name === name) ?? null;
}

/** The name of a session whose login has none: that of the one it replaces, or its phone number or account. */
export function defaultName(
  [expired]: readonly Pick<SessionRecord, 'name'>[],
  { phoneNumber }: Pick<PendingLogin, 'phoneNumber'>,
  userId: string | null,
): string {
  return expired?.name ?? phoneNumber?.slice(1) ?? `account-${userId}`;
}
