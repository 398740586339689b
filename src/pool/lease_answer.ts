import type { z } from 'zod';
import { iso, type SteadyClock } from '../kernel/clock.js';
import { Conflict, InvalidInput } from '../kernel/errors.js';
import type { StoredProxy } from '../kernel/proxy.js';
import type { FenceKind } from './fence.js';
import type { acquireInput } from './lease_schemas.js';
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
  readonly fence: FenceKind;
  /** The proxy for a fenced lease. @throws Conflict if its session's own proxy is of a kind that it can't use. */
  proxyFor(lease: Lease): StoredProxy;
}

export interface LeaseAnswerParts {
  readonly clock: SteadyClock;
  readonly secrets: LeaseSecrets;
  readonly peers: Pick<LeasePeers, 'known'>;
  /** Null: workers connect to Telegram themselves. */
  readonly egress: Egress | null;
}

/** What of the request its answer depends on. */
type Wanted = Pick<z.output<typeof acquireInput>, 'credentials' | 'format' | 'channel' | 'egress'>;

/**
 * The lease as its worker is told of it; with channels, ids are `bigint`.
 * @throws Conflict, SecretUnreadable or UserIdUnknown as `LeaseSecrets` and `Egress` do.
 */
export async function serializeLease(parts: LeaseAnswerParts, lease: Lease, input: Wanted): Promise<object> {
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
  return { ...answer, ...(known.length === 1 && { peer }), peers: known, ...credentials };
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
  parts: LeaseAnswerParts,
  lease: Lease,
  { egress }: Wanted,
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

/** `place`: where the request asks for it. @throws InvalidInput where there is none. */
export function egressOf(
  { egress }: Pick<LeaseAnswerParts, 'egress'>,
  place: 'query' | 'body' = 'query',
): Egress {
  if (egress) return egress;
  const msg = 'this service has no egress: its operator has to set EGRESS_PORT';
  throw new InvalidInput([{ loc: [place, 'egress'], msg, type: 'value_error' }]);
}
