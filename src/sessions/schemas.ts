import { z } from 'zod';
import type { KeyService, NameOfHolder } from '../access/keys.js';
import type { AccessStore } from '../access/store.js';
import { text, wholeNumber } from '../http/parameters.js';
import { sessionNameRefusal } from '../intake/names.js';
import { iso, type SteadyClock } from '../kernel/clock.js';
import { type ProxyAddress, parseProxyUrl, type StoredProxy } from '../kernel/proxy.js';
import { conditionOf } from '../pool/account_condition.js';
import type { TagLimits } from '../pool/tag_limits.js';
import { allowedUses, type UseLimit, usesOn } from '../pool/uses.js';
import { HEALTH_REASONS } from './health_score.js';
import type { MethodFlood, SessionRecord, SessionStore } from './store.js';

/** A session name in a request. */
export const sessionName = z
  .string()
  .superRefine((name, context) => {
    const refused = sessionNameRefusal(name);
    if (refused) context.addIssue({ code: 'custom', message: refused, params: { type: 'value_error' } });
  })
  .meta({ description: 'The name of the session and of its file', example: 'my_session' });

const PROXY_WANTED =
  'expected an object of type, host, port, user and pass, or a URL such as socks5://user:pass@host:port';

/** The parts of a proxy's URL; anything but a string stays as it is. */
function proxyParts(given: unknown, context: z.RefinementCtx): unknown {
  if (typeof given !== 'string') return given;
  try {
    return parseProxyUrl(given);
  } catch (error) {
    const message = error instanceof Error ? error.message : PROXY_WANTED;
    context.addIssue({ code: 'custom', message, params: { type: 'value_error' } });
    return z.NEVER;
  }
}

const proxyObject = z
  .object(
    {
      type: z.enum(['socks5', 'socks4', 'mtproxy', 'http']),
      host: text(255).regex(/^[\w.:-]+$/, 'expected a host name or an address'),
      port: wholeNumber(1, 65_535),
      user: text(255).nullish(),
      pass: text(512).nullish().meta({ description: 'Of an mtproxy: its secret' }),
    },
    PROXY_WANTED,
  )
  .transform(
    ({ user, pass, ...address }): ProxyAddress => ({ ...address, user: user ?? null, pass: pass ?? null }),
  );

/** A proxy in a request: its parts, or a URL. */
export const proxyInput = z
  .preprocess(proxyParts, proxyObject)
  .meta({ description: 'An object, or a URL such as `socks5://user:pass@host:port`' });

const moment = z.iso.datetime();

/** A session as the API returns it, without its proxy's password. */
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
    holder: z
      .string()
      .nullable()
      .meta({ description: 'The key that has leased it, as in leases', example: 'key:3' }),
    holder_name: z.string().nullable().meta({
      description: "The holder's name; null: nobody has leased it, or the service itself",
      example: 'scrapers',
    }),
    leased_at: moment.nullable(),
    method_floods: z
      .array(z.object({ method: z.string(), until: moment }))
      .meta({ description: 'Its flood waits for single methods, soonest end first' }),
    condition: z.string().meta({
      example: 'alive',
      description:
        'Of its account: `alive`; `limited` for spam (`PEER_FLOOD`), it can read; `frozen`, it can only read; `dead`',
    }),
    condition_detail: z
      .object({
        reason: z.string().meta({ example: 'PEER_FLOOD' }),
        since: moment,
        until: moment.nullable().meta({
          description:
            'Limited: a day after the last `PEER_FLOOD`. Frozen: when Telegram deletes the account',
        }),
        appeal_url: z.string().nullable().meta({ description: 'Where to appeal against a freeze' }),
      })
      .nullable()
      .meta({ description: 'Of a limited or frozen account' }),
    health: z
      .object({
        score: z.int().meta({ description: 'From 0 to 100', example: 87 }),
        reasons: z.array(
          z.object({
            reason: z.string().meta({ description: HEALTH_REASONS.join(', '), example: 'flood_waits' }),
            points: z.int().meta({ description: 'What it takes off' }),
            value: z.number().nullable().meta({
              description:
                'Seconds of flood waits, errors, days since the session came, or leases a day, over the last 7 days',
            }),
          }),
        ),
      })
      .meta({ description: 'As of at most an hour ago' }),
    uses_today: z.int().meta({ description: 'How often it was leased since midnight in UTC' }),
    max_uses_today: z.int().nullable().meta({ description: 'By the limits of its tags; null: no limit' }),
  })
  .meta({ id: 'Session' });

/** `is_active` by the session's state; others are `active`. */
const ACTIVITY: Readonly<Record<string, string>> = { dead: 'expired', inactive: 'inactive' };

/** Serialises a session for the API. */
export type SerializeSession = (session: SessionRecord) => Promise<z.output<typeof sessionAnswer>>;

export interface SerializerParts {
  readonly access: Pick<AccessStore, 'proxies'>;
  readonly sessions: Pick<SessionStore, 'methodFloods'>;
  readonly tagLimits: Pick<TagLimits, 'list'>;
  readonly namesOf: KeyService['namesOf'];
  readonly clock: SteadyClock;
}

/** Serialises sessions together with their proxies, holders and method floods. */
export function sessionSerializer({ access, sessions, tagLimits, namesOf, clock }: SerializerParts) {
  const all = async (records: readonly SessionRecord[]) => {
    const flooded = records.filter(({ methodFlooded }) => methodFlooded).map(({ id }) => id);
    const [proxies, limits, nameOf, floods] = await Promise.all([
      access.proxies(),
      tagLimits.list(),
      namesOf(records.map(({ holder }) => holder)),
      flooded.length === 0 ? [] : sessions.methodFloods(flooded, clock.now()),
    ]);
    return records.map((record) => serializeSession(record, { proxies, limits, nameOf, floods, clock }));
  };
  const one: SerializeSession = async (record) => {
    const [answer] = await all([record]);
    if (!answer) throw new Error('the session was not serialised');
    return answer;
  };
  return { all, one };
}

interface Surrounding {
  readonly proxies: readonly (StoredProxy & { readonly id: number })[];
  readonly limits: readonly UseLimit[];
  readonly nameOf: NameOfHolder;
  readonly floods: readonly MethodFlood[];
  readonly clock: SteadyClock;
}

function serializeSession(
  session: SessionRecord,
  { proxies, limits, nameOf, floods, clock }: Surrounding,
): z.output<typeof sessionAnswer> {
  const shown = (at: number | null) => (at ? iso(clock, at) : null);
  const proxy = proxies.find(({ id }) => id === session.proxyId);
  return {
    id: session.id,
    name: session.name,
    session_name: session.name,
    phone_number: session.phoneNumber,
    api_id: session.apiId,
    is_active: ACTIVITY[session.state] ?? ACTIVITY[session.baseState] ?? 'active',
    status: session.state,
    status_reason: session.stateReason,
    status_until: shown(session.stateUntil),
    format: session.format,
    session_file: session.file ?? session.jsonFile,
    created_at: iso(clock, session.createdAt),
    updated_at: iso(clock, session.updatedAt),
    last_checked_at: shown(session.lastCheckedAt),
    last_used_at: shown(session.lastUsedAt),
    tags: [...session.tags],
    proxy: proxy ? { type: proxy.type, host: proxy.host, port: proxy.port, user: proxy.user } : null,
    holder: session.holder,
    holder_name: nameOf(session.holder),
    leased_at: shown(session.leasedAt),
    method_floods: floods
      .filter(({ sessionId }) => sessionId === session.id)
      .map(({ method, until }) => ({ method, until: iso(clock, until) })),
    ...serializeAccount(session, limits, clock),
  };
}

function serializeAccount(session: SessionRecord, limits: readonly UseLimit[], clock: SteadyClock) {
  const { conditionDetail: detail, health, tags, createdAt } = session;
  const at = (moment: number) => iso(clock, moment);
  const own = limits.filter(({ tag }) => tags.includes(tag));
  return {
    condition: conditionOf(session),
    condition_detail: detail && {
      reason: detail.reason,
      since: at(detail.since),
      until: detail.until === null ? null : at(detail.until),
      appeal_url: detail.appealUrl,
    },
    health: { score: health.score, reasons: [...health.reasons] },
    uses_today: usesOn(session, clock.now()),
    max_uses_today: allowedUses(own, createdAt, clock.now()),
  };
}
