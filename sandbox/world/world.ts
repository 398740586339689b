import { sha256 } from '../crypto/primitives.js';
import { digits } from '../faults.js';
import { type Account, botOf, personOf } from './accounts.js';
import { type Feed, feedOf, locateFile, type Post } from './feed.js';
import type { StoredFile } from './files.js';
import type { Seed, SeedChannel } from './seed.js';

/** A channel of the sandbox. */
export interface Channel {
  readonly seed: SeedChannel;
  readonly id: bigint;
  readonly index: number;
  readonly title: string;
  readonly username: string | null;
  readonly dcId: number;
  readonly feed: Feed;
  hasMember(account: Account): boolean;
}

/** A file and the message it is in. */
export interface LocatedFile {
  readonly file: StoredFile;
  readonly channel: Channel;
  readonly post: Post;
}

/** Everything except sessions: accounts, channels, messages, files. It never changes. */
export class World {
  /** Of users. */
  readonly accounts: readonly Account[];
  readonly bots: readonly Account[];
  readonly channels: readonly Channel[];
  readonly #byPhone: ReadonlyMap<string, Account>;
  readonly #byLogin: ReadonlyMap<string, Account>;
  readonly #byUserId: ReadonlyMap<bigint, Account>;
  readonly #byChannelId: ReadonlyMap<bigint, Channel>;
  readonly #byUsername: ReadonlyMap<string, Account | Channel>;

  constructor(readonly seed: Seed) {
    this.accounts = seed.accounts.map((account) => personOf(account, seed.data_centres));
    this.bots = seed.bots.map((bot) => botOf(bot, seed.data_centres));
    const all = [...this.accounts, ...this.bots];
    this.channels = seed.channels.flatMap(copiesOf).map(channelOf);
    this.#byPhone = new Map(this.accounts.map((account) => [account.phone, account]));
    this.#byLogin = new Map(all.map((account) => [account.phone, account]));
    this.#byUserId = new Map(all.map((account) => [account.id, account]));
    this.#byChannelId = new Map(this.channels.map((channel) => [channel.id, channel]));
    this.#byUsername = new Map<string, Account | Channel>([
      ...all.flatMap((account) => named(account.seed.username ?? null, account)),
      ...this.channels.flatMap((channel) => named(channel.username, channel)),
    ]);
  }

  /** The user with this phone number. */
  account(phone: string): Account | null {
    return this.#byPhone.get(digits(phone)) ?? null;
  }

  bot(token: string): Account | null {
    return this.bots.find((bot) => bot.token === token) ?? null;
  }

  /** The account with this `phone`, which must exist. */
  loggedIn(phone: string): Account | null {
    return this.#byLogin.get(phone) ?? null;
  }

  user(id: bigint): Account | null {
    return this.#byUserId.get(id) ?? null;
  }

  channel(id: bigint): Channel | null {
    return this.#byChannelId.get(id) ?? null;
  }

  /** The owner of a public name, ignoring case. */
  named(username: string): Account | Channel | null {
    return this.#byUsername.get(username.toLowerCase()) ?? null;
  }

  /** The channels that an account is a member of. */
  channelsOf(account: Account): Channel[] {
    return this.channels.filter((channel) => channel.hasMember(account));
  }

  file(id: bigint): LocatedFile | null {
    const location = locateFile(id);
    const channel = location === null ? undefined : this.channels[location.index];
    const post = location === null ? null : (channel?.feed.post(location.messageId) ?? null);
    if (channel === undefined || post === null || post.file === null) return null;
    return { file: post.file, channel, post };
  }
}

/**
 * The access hash with which `viewer` addresses something; another account's is useless to it
 * (core.telegram.org/api/peers). Half of them are negative, nearly all of them beyond 2^53.
 */
export function accessHash(viewer: Account, kind: 'user' | 'channel' | 'file', id: bigint): bigint {
  return sha256(Buffer.from(`access:${viewer.id}:${kind}:${id}`)).readBigInt64LE();
}

/** Like `accessHash`; the seed may define another. */
export function channelAccessHash(viewer: Account, channel: Channel): bigint {
  const chosen = Object.entries(channel.seed.access_hash).find(([phone]) => digits(phone) === viewer.phone);
  return chosen?.[1] ?? accessHash(viewer, 'channel', channel.id);
}

/** A seed's channel with `copies` represents that many, distinguished by number. */
function copiesOf(seed: SeedChannel): { seed: SeedChannel; number: number | null }[] {
  if (seed.copies === 1) return [{ seed, number: null }];
  return Array.from({ length: seed.copies }, (_, at) => ({ seed, number: at + 1 }));
}

function channelOf({ seed, number }: { seed: SeedChannel; number: number | null }, index: number): Channel {
  const suffix = number === null ? '' : `${number}`;
  const members = seed.members === 'everyone' ? null : new Set(seed.members.map(digits));
  return {
    seed,
    index,
    id: seed.id + BigInt(number === null ? 0 : number - 1),
    title: number === null ? seed.title : `${seed.title} ${number}`,
    username: seed.username === undefined ? null : `${seed.username}${suffix}`,
    dcId: seed.dc,
    feed: feedOf({ index, dcId: seed.dc, seed }),
    // Bots are not members of channels that everyone is in.
    hasMember: ({ phone, token }) => (members === null ? token === null : members.has(phone)),
  };
}

function named<T>(username: string | null, owner: T): [string, T][] {
  return username === null ? [] : [[username.toLowerCase(), owner]];
}
