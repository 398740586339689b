import { z } from 'zod';
import type { AccessStore } from '../access/store.js';
import type { SteadyClock } from '../clock.js';
import type { StoredProxy } from '../kernel/proxy.js';
import type { SessionRecord } from './store.js';

const moment = z.iso.datetime();

/** A session as the API tells it; a proxy's password stays in. */
export const sessionAnswer = z
  .object({
    id: z.int(),
    name: z.string(),
    session_name: z.string(),
    phone_number: z.string().nullable(),
    api_id: z.int().nullable(),
    is_active: z.string(),
    status: z.string(),
    status_reason: z.string().nullable(),
    status_until: moment.nullable(),
    format: z.string(),
    session_file: z.string().nullable(),
    created_at: moment,
    updated_at: moment,
    last_checked_at: moment.nullable(),
    last_used_at: moment.nullable(),
    tags: z.array(z.string()),
    proxy: z
      .object({ type: z.string(), host: z.string(), port: z.int(), user: z.string().nullable() })
      .nullable(),
  })
  .meta({ id: 'Session' });

/** `is_active` by the state in which a session rests. */
const ACTIVITY: Readonly<Record<string, string>> = { dead: 'expired', inactive: 'inactive' };

/** A session in the words of the API. */
export type PresentSession = (session: SessionRecord) => Promise<z.output<typeof sessionAnswer>>;

/** Presents sessions with the proxies that they have. */
export function sessionPresenter(access: AccessStore, clock: SteadyClock) {
  const all = async (sessions: readonly SessionRecord[]) => {
    const proxies = await access.proxies();
    return sessions.map((session) => presentSession(session, proxies, clock));
  };
  const one: PresentSession = async (session) => presentSession(session, await access.proxies(), clock);
  return { all, one };
}

function presentSession(
  session: SessionRecord,
  proxies: readonly (StoredProxy & { readonly id: number })[],
  clock: SteadyClock,
): z.output<typeof sessionAnswer> {
  const shown = (at: number | null) => (at ? clock.display(at).toISOString() : null);
  const proxy = proxies.find(({ id }) => id === session.proxyId);
  return {
    id: session.id,
    name: session.name,
    session_name: session.name,
    phone_number: session.phoneNumber,
    api_id: session.apiId,
    is_active: ACTIVITY[session.state] ?? ACTIVITY[session.rest] ?? 'active',
    status: session.state,
    status_reason: session.stateReason,
    status_until: shown(session.stateUntil),
    format: session.format,
    session_file: session.file ?? session.jsonFile,
    created_at: clock.display(session.createdAt).toISOString(),
    updated_at: clock.display(session.updatedAt).toISOString(),
    last_checked_at: shown(session.lastCheckedAt),
    last_used_at: shown(session.lastUsedAt),
    tags: [...session.tags],
    proxy: proxy ? { type: proxy.type, host: proxy.host, port: proxy.port, user: proxy.user } : null,
  };
}
