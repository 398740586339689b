import { Api } from 'telegram/tl/index.js';
import { TelegramRefused } from '../errors.js';
import type { Account } from '../gateway.js';

/** Whose session it is. Throws TelegramRefused where Telegram names nobody. */
export function presentAccount(user: Api.TypeUser | undefined, method: string): Account {
  if (!(user instanceof Api.User)) throw new TelegramRefused('USER_ID_INVALID', method);
  return {
    id: user.id.toString(),
    phoneNumber: user.phone ? `+${user.phone}` : null,
    firstName: user.firstName ?? '',
    lastName: user.lastName ?? null,
    username: user.username ?? activeUsername(user.usernames),
    isBot: user.bot === true,
  };
}

/** The first name in use, of those that have several (bought ones); null: none. */
export function activeUsername(usernames: readonly Api.TypeUsername[] | null | undefined): string | null {
  return usernames?.find(({ active }) => active)?.username ?? null;
}
