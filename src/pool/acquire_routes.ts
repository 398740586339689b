import type { Response } from 'express';
import type { Logger } from 'winston';
import type { z } from 'zod';
import type { KeyService } from '../access/keys.js';
import { SecretUnreadable } from '../access/vault_errors.js';
import { exactJson } from '../http/exact_json.js';
import { type Context, defineRoute, type Method, type Reply, type Route } from '../http/route.js';
import type { ApiKey } from '../kernel/api_key.js';
import { exactAddress } from '../kernel/client_address.js';
import { Forbidden, InvalidInput, TeleGateError, Unavailable } from '../kernel/errors.js';
import { egressOf, type LeaseAnswerParts, type LeasePeers, serializeLease } from './lease_answer.js';
import { acquireInput, leaseAnswer, noFreeSessionAnswer } from './lease_schemas.js';
import type { ObserveAcquire } from './metrics.js';
import { UserIdUnknown } from './outcomes.js';
import type { PoolService } from './service.js';
import type { Lease } from './store.js';

export interface AcquireRouteParts extends LeaseAnswerParts {
  readonly pool: PoolService;
  /** Asks Telegram for the session's user, and stores it; returns why it is still unknown, or null. */
  readonly identify: (sessionId: number) => Promise<string | null>;
  readonly leaseTtlSeconds: number;
  readonly logger: Logger;
  readonly keys: Pick<KeyService, 'isOver'>;
  readonly observe: ObserveAcquire;
  readonly peers: LeasePeers;
}

/** How often one request starts over: if no key decrypts a session's secrets, or its user is unknown. */
const MAX_TRIES = 10;

type Acquire = Context<z.output<typeof acquireInput>, unknown>;

const RESPONSES = {
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
};

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
      responses: RESPONSES,
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

async function acquire(parts: AcquireRouteParts, context: Acquire): Promise<Reply | undefined> {
  const { input, key, res } = context;
  const wanted = wantedBy(parts, context);
  const client = watchClient(parts, res, input.wait);
  let identified: Lease | null = null;
  const acquired = () => parts.pool.acquire(wanted, input.wait, client.signal);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const lease: Lease = identified ?? (await leaseFor(parts, key, acquired));
    identified = null;
    if (isGone(res)) return giveBack(parts, lease);
    client.unanswered = lease;
    try {
      const answer = await serializeLease(parts, lease, input);
      return { body: input.channel ? exactJson(answer) : answer };
    } catch (error) {
      client.unanswered = null;
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

type Wanted = Parameters<PoolService['acquire']>[0];

function wantedBy(parts: AcquireRouteParts, { input, key, req }: Acquire): Wanted {
  return {
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
    fence: input.egress ? egressOf(parts, 'egress' in req.query ? 'query' : 'body').fence : null,
    strategy: input.strategy,
    allowFrozen: input.allow === 'frozen',
  };
}

/** The client that waits for its answer. */
interface WaitingClient {
  /** Aborted when it hangs up; null: it does not wait for a session. */
  readonly signal: AbortSignal | null;
  /** Its lease, given back if it hangs up before it is answered. */
  unanswered: Lease | null;
}

function watchClient(parts: AcquireRouteParts, res: Response, waitSeconds: number): WaitingClient {
  const hungUp = waitSeconds > 0 ? new AbortController() : null;
  const client: WaitingClient = { signal: hungUp?.signal ?? null, unanswered: null };
  res.once('close', () => {
    if (res.writableFinished) return;
    hungUp?.abort();
    if (client.unanswered) giveBack(parts, client.unanswered);
  });
  return client;
}

/**
 * Asks Telegram for the session's user, and leases the session again; null: another request came first. The first
 * lease is released while Telegram is asked.
 * @throws UserIdUnknown.
 */
async function identify(
  { pool, identify }: AcquireRouteParts,
  lease: Lease,
  wanted: Wanted,
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

function idempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  const msg = 'expected 1 to 255 visible ASCII characters';
  throw new InvalidInput([{ loc: ['header', 'Idempotency-Key'], msg, type: 'value_error' }]);
}
