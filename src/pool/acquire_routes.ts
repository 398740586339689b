import type { Response } from 'express';
import type { Logger } from 'winston';
import type { z } from 'zod';
import type { KeyService } from '../access/keys.js';
import { SecretUnreadable } from '../access/vault_errors.js';
import { exactJson } from '../http/exact_json.js';
import { type Context, defineRoute, type Method, type Reply, type Route } from '../http/route.js';
import type { ApiKey } from '../kernel/api_key.js';
import { exactAddress } from '../kernel/client_address.js';
import type { SteadyClock } from '../kernel/clock.js';
import { Conflict, Forbidden, InvalidInput, TeleGateError, Unavailable } from '../kernel/errors.js';
import type { StoredProxy } from '../kernel/proxy.js';
import type { Fence } from './fence.js';
import type { ObserveAcquire } from './metrics.js';
import { UserIdUnknown } from './outcomes.js';
import { acquireInput, leaseAnswer, noFreeSessionAnswer } from './schemas.js';
import type { PoolService } from './service.js';
import { iso } from './status.js';
import type { Lease } from './store.js';

/** What a worker without the shared disk needs besides the lease. */
export interface LeaseCredentials {
  readonly session_string: string;
  /** The session file in base64; null if the session is a JSON file. */
  readonly session_data?: string | null;
}

/** The secrets that go out with a lease: the session itself, and its proxy's password. */
export interface LeaseSecrets {
  /** @throws Conflict if the session can't be read; SecretUnreadable if no key decrypts it; UserIdUnknown. */
  ofLease(
    lease: Lease,
    as: 'string' | 'file',
    format: 'telethon' | 'gramjs' | 'pyrogram',
  ): Promise<LeaseCredentials>;
  /** The proxy with its decrypted password. @throws SecretUnreadable. */
  proxy(stored: StoredProxy): Promise<StoredProxy>;
}

/** A channel as a session addresses it: ids are decimal digits. */
export interface LeasePeer {
  readonly channelId: string;
  readonly accessHash: string | null;
  readonly type: 'channel' | 'chat';
  readonly username: string | null;
  readonly title: string;
}

/** The channels that the sessions of leases know. */
export interface LeasePeers {
  /** What the session knows of each channel, in their order; null: nothing. */
  known(sessionId: number, channels: readonly string[]): Promise<readonly (LeasePeer | null)[]>;
  /** Forgets the channel if Telegram's error says that what the session knows of it is wrong. */
  refused(sessionId: number, channel: string, error: string, tags: readonly string[]): Promise<void>;
}

/** The fence through which workers connect to Telegram while their leases last. */
export interface Egress {
  readonly fence: Fence;
  /** The proxy for a fenced lease. @throws Conflict if its session's own proxy is of a kind that it can't use. */
  proxyFor(lease: Lease): StoredProxy;
}

export interface AcquireRouteParts {
  readonly pool: PoolService;
  readonly secrets: LeaseSecrets;
  /** Asks Telegram for the session's user, and stores it; returns why it is still unknown, or null. */
  readonly identify: (sessionId: number) => Promise<string | null>;
  readonly clock: SteadyClock;
  readonly leaseTtlSeconds: number;
  readonly logger: Logger;
  readonly keys: Pick<KeyService, 'isOver'>;
  /** Null: workers connect to Telegram themselves. */
  readonly egress: Egress | null;
  readonly observe: ObserveAcquire;
  readonly peers: LeasePeers;
}

/** How often one request starts over: if no key decrypts a session's secrets, or its user is unknown. */
const MAX_TRIES = 10;

type Acquire = Context<z.output<typeof acquireInput>, unknown>;

/** `GET /session` and `POST /session`: lease a free session. */
export function acquireRoutes(parts: AcquireRouteParts): Route[] {
  const route = (method: Method) =>
    defineRoute({
      method,
      path: '/session',
      tag: 'Pool',
      summary: 'Lease a free session',
      description:
        'A free session, exclusively for this caller until the lease ends: the least recently used one, unless `strategy` says otherwise. With an `Idempotency-Key`, a repeated request gets the same lease. With `channel`, one that knows the channel already, else one that may still resolve it.',
      access: ['worker'],
      from: method === 'get' ? 'query' : 'any',
      refuseHead: true,
      input: acquireInput,
      responses: {
        200: { description: 'The lease', schema: leaseAnswer },
        404: { description: 'No session has the requested id or name' },
        409: {
          description:
            "The idempotency key's lease has ended; `user_id_unknown`, for `format=pyrogram`; `egress_impossible`",
        },
        429: { description: 'The key already holds its maximum number of leases' },
        503: {
          description:
            'No session is free (`no_free_session`), none of the free ones may resolve the channel (`resolve_budget`), or the session files are gone',
          schema: noFreeSessionAnswer,
        },
      },
      async handle(context) {
        const started = performance.now();
        const tell = (outcome: 'granted' | 'refused') =>
          parts.observe((performance.now() - started) / 1000, outcome);
        try {
          const reply = await acquire(parts, context);
          if (reply) tell('granted');
          return reply;
        } catch (error) {
          tell('refused');
          throw error;
        }
      },
    });
  return [route('get'), route('post')];
}

async function acquire(
  parts: AcquireRouteParts,
  { input, key, req, res }: Acquire,
): Promise<Reply | undefined> {
  const wanted = {
    holder: key.holder,
    address: exactAddress(req.ip, req.socket.remoteAddress),
    maxLeases: key.maxLeases,
    ttlSeconds: input.ttl ?? parts.leaseTtlSeconds,
    tags: [...new Set([...key.tags, ...(input.tag ?? [])])],
    scope: key.tags,
    sessionId: input.session_id ?? null,
    sessionName: input.session_name ?? null,
    alsoInactive: false,
    method: input.method ?? null,
    ...(input.channel && { channels: input.channel }),
    withCredentials: input.credentials !== undefined,
    idempotencyKey: idempotencyKey(req.headers['idempotency-key']),
    fence: input.egress ? egressOf(parts).fence : null,
    strategy: input.strategy,
    allowFrozen: input.allow === 'frozen',
  };
  const hungUp = input.wait > 0 ? new AbortController() : null;
  const unanswered: { lease: Lease | null } = { lease: null };
  res.once('close', () => {
    if (res.writableFinished) return;
    hungUp?.abort();
    if (unanswered.lease) giveBack(parts, unanswered.lease);
  });
  let identified: Lease | null = null;
  const acquired = () => parts.pool.acquire(wanted, input.wait, hungUp?.signal ?? null);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const lease: Lease = identified ?? (await leaseFor(parts, key, acquired));
    identified = null;
    if (isGone(res)) return giveBack(parts, lease);
    unanswered.lease = lease;
    try {
      return { body: await serialize(parts, lease, input) };
    } catch (error) {
      unanswered.lease = null;
      if (error instanceof UserIdUnknown) {
        identified = await identify(parts, lease, wanted);
        continue;
      }
      if (!(error instanceof SecretUnreadable)) {
        await parts.pool.giveBack(lease);
        throw error;
      }
      await setSessionAside(parts, lease, wanted.holder, error);
    }
  }
  const message = 'several sessions whose secrets no key decrypts were taken out of the pool: try again';
  throw new Unavailable({ error: 'secrets_unreadable', message }, 1);
}

/**
 * Asks Telegram for the session's user, and leases the session again; null: another request came first. The first
 * lease is released while Telegram is asked.
 * @throws UserIdUnknown.
 */
async function identify(
  { pool, identify }: AcquireRouteParts,
  lease: Lease,
  wanted: Parameters<PoolService['acquire']>[0],
): Promise<Lease | null> {
  await pool.giveBack(lease);
  const { sessionId, sessionName } = lease;
  const unknown = await identify(sessionId).catch((error: unknown) => {
    if (error instanceof TeleGateError) return error.message;
    throw error;
  });
  if (unknown !== null) throw new UserIdUnknown(sessionId, sessionName, unknown);
  return pool.acquire({ ...wanted, sessionId }, 0, null).catch((error: unknown) => {
    if (error instanceof Unavailable) return null;
    throw error;
  });
}

/** The outcome, unless the key was revoked or expired meanwhile. @throws Forbidden. */
async function leaseFor(
  { pool, keys }: AcquireRouteParts,
  key: ApiKey,
  acquire: () => Promise<Lease>,
): Promise<Lease> {
  try {
    const lease = await acquire();
    if (!keys.isOver(key)) return lease;
    await pool.giveBack(lease);
  } catch (error) {
    if (!keys.isOver(key)) throw error;
  }
  throw new Forbidden('Invalid API key', { code: 'invalid_api_key' });
}

/** Takes an unusable session out of the pool with the reason, and tries the next one. */
async function setSessionAside(
  { pool, logger }: AcquireRouteParts,
  lease: Lease,
  holder: string,
  { message }: SecretUnreadable,
): Promise<void> {
  const { sessionId: session_id, sessionName: session_name } = lease;
  logger.warn('a session was taken out of the pool', { session_id, session_name, reason: message });
  await pool.setAside(lease, holder, message);
}

/** The client is gone: the session must not stay locked until the lease expires. */
function giveBack(parts: AcquireRouteParts, lease: Lease): undefined {
  void parts.pool.giveBack(lease);
}

function isGone(res: Response): boolean {
  return res.closed || res.destroyed || res.socket === null || res.socket.destroyed;
}

async function serialize(
  parts: AcquireRouteParts,
  lease: Lease,
  input: Acquire['input'],
): Promise<object | string> {
  const { clock, secrets, peers } = parts;
  const answer = {
    session_id: lease.sessionId,
    session_name: lease.sessionName,
    lease_id: lease.leaseId,
    expires_at: iso(clock, lease.expiresAt),
    session_file: lease.file ?? lease.jsonFile,
    format: lease.format,
    phone_number: lease.phoneNumber,
    proxy: await proxyOf(parts, lease, input),
    tags: lease.tags,
  };
  const credentials =
    input.credentials === undefined ? {} : await secrets.ofLease(lease, input.credentials, input.format);
  if (input.channel === undefined) return { ...answer, ...credentials };
  const known = (await peers.known(lease.sessionId, input.channel)).map(serializePeer);
  const [peer = null] = known;
  return exactJson({ ...answer, ...(known.length === 1 && { peer }), peers: known, ...credentials });
}

/** A channel as answers have it: ids are integers with all their digits. */
export function serializePeer(peer: LeasePeer | null) {
  if (peer === null) return null;
  const { channelId, accessHash, type, username, title } = peer;
  const ids = { id: BigInt(channelId), access_hash: accessHash === null ? null : BigInt(accessHash) };
  return { ...ids, type, username, title };
}

/** A lease that was granted with a fence never goes around it, whatever a repeated request asks for. */
async function proxyOf(
  parts: AcquireRouteParts,
  lease: Lease,
  { egress }: Acquire['input'],
): Promise<StoredProxy | null> {
  if (lease.fence !== null) {
    const fence = egressOf(parts).proxyFor(lease);
    // The fence could not go on through a proxy whose password no key decrypts.
    if (lease.proxy) await parts.secrets.proxy(lease.proxy);
    return fence;
  }
  if (!egress) return lease.proxy && parts.secrets.proxy(lease.proxy);
  const message = 'the lease of this idempotency key was granted without egress: release it first';
  throw new Conflict({ error: 'egress_impossible', message, session_id: lease.sessionId });
}

/** @throws InvalidInput where there is none. */
function egressOf({ egress }: Pick<AcquireRouteParts, 'egress'>): Egress {
  if (egress) return egress;
  const msg = 'this service has no egress: its operator has to set EGRESS_PORT';
  throw new InvalidInput([{ loc: ['query', 'egress'], msg, type: 'value_error' }]);
}

function idempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  const msg = 'expected 1 to 255 visible ASCII characters';
  throw new InvalidInput([{ loc: ['header', 'Idempotency-Key'], msg, type: 'value_error' }]);
}
