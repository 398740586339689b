import { serializeChannels } from '../control/serialize.js';
import type { Account } from '../world/accounts.js';
import type { World } from '../world/world.js';
import type { ListedSession } from './initial_pool.js';

/** An account to try things with. */
export interface AccountInfo {
  /** With `+`. */
  readonly phone: string;
  readonly id: bigint;
  readonly name: string;
  readonly username: string | null;
  readonly dc: number;
  /** The code it is sent. */
  readonly code: string;
  /** Two-step verification; null: it has none. */
  readonly password: string | null;
  readonly in_pool: boolean;
  readonly session_id: number | null;
}

/** A bot, which is logged in by its token. */
export interface BotInfo {
  readonly id: bigint;
  readonly name: string;
  readonly username: string | null;
  readonly dc: number;
  readonly token: string;
}

/** An account that Telegram sends no code to. */
export interface RefusedAccount {
  readonly phone: string;
  readonly name: string;
  /** Such as `PHONE_NUMBER_BANNED`. */
  readonly error: string;
}

/** A channel that the accounts can see. */
export interface ChannelInfo {
  readonly id: bigint;
  readonly title: string;
  /** Null: it is private. */
  readonly username: string | null;
  readonly is_private: boolean;
  readonly kind: string;
  readonly dc: number;
  readonly messages: number;
  /** Phone numbers, or `everyone`. */
  readonly members: readonly string[] | 'everyone';
}

/** The accounts that can be logged in, and which of them are in the pool. */
export function accountInfos(world: World, sessions: readonly ListedSession[]): AccountInfo[] {
  return world.accounts
    .filter(({ seed }) => seed.refused === undefined)
    .map((account) => {
      const { id, dcId: dc, code, seed } = account;
      const phone = `+${account.phone}`;
      const session = sessions.find(({ phone_number }) => phone_number === phone);
      return {
        ...{ phone, id, name: fullName(account), username: seed.username ?? null, dc, code },
        ...{ password: seed.password ?? null, in_pool: session !== undefined },
        session_id: session?.id ?? null,
      };
    });
}

/** The bots that sources may name. */
export function botInfos({ bots }: World): BotInfo[] {
  return bots.map((bot) => {
    const { id, dcId: dc, seed, token } = bot;
    return { id, name: fullName(bot), username: seed.username ?? null, dc, token: token ?? '' };
  });
}

/** The accounts that exist to show errors. */
export function refusedAccounts(world: World): RefusedAccount[] {
  return world.accounts.flatMap((account) => {
    const error = account.seed.refused;
    return error === undefined ? [] : [{ phone: `+${account.phone}`, name: fullName(account), error }];
  });
}

/** All channels, with ids as numbers, to be compared with those that the service returns. */
export function channelInfos(world: World): ChannelInfo[] {
  return serializeChannels(world).map(({ id, title, username, kind, dc, messages, members }) => ({
    ...{ id: BigInt(id), title, username, is_private: username === null },
    ...{ kind, dc, messages, members },
  }));
}

function fullName({ seed }: Account): string {
  return [seed.first_name, seed.last_name].filter((part) => part !== undefined).join(' ');
}
