import type { SessionRecord } from '../sessions/store.js';

/** Whether Telegram wants a new login of this session: its file is worth nothing then, and may be replaced. */
export function isExpired(session: SessionRecord): boolean {
  return session.state === 'dead' || session.rest === 'dead';
}
