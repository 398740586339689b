import { worksWhileFrozen } from '../src/pool/account_condition.js';
import { digits } from './faults.js';

/** What the sandbox lets an account do. */
export const ACCOUNT_CONDITIONS = ['alive', 'limited', 'frozen', 'dead'] as const;

/** The condition of an account; the rest only of a frozen one, in seconds since 1970. */
export interface AccountCondition {
  readonly condition: (typeof ACCOUNT_CONDITIONS)[number];
  readonly since: number;
  readonly until: number;
  readonly appealUrl: string;
}

/** What a frozen account may call besides methods that read: what clients call when they connect, and log out. */
const ALSO_WHILE_FROZEN = /^(auth|help|updates|account\.get)/i;

/** What an account that is limited for spam cannot do (telegram.org/faq_spam). */
const SPAM =
  /^(messages\.(send|forward|addChatUser|createChat)|channels\.inviteToChannel|contacts\.(add|import))/i;

/** The accounts that Telegram has limited, frozen or deleted; all others are alive. */
export class AccountConditions {
  readonly #conditions = new Map<string, AccountCondition>();

  /** Of the account with this phone number, whether it has a `+` or not; null: it is alive. */
  of(phone: string): AccountCondition | null {
    return this.#conditions.get(digits(phone)) ?? null;
  }

  set(phone: string, condition: AccountCondition): void {
    if (condition.condition === 'alive') this.#conditions.delete(digits(phone));
    else this.#conditions.set(digits(phone), condition);
  }

  /** The error that the account's call of the method is answered with (`messages.SendMessage`); null: none. */
  refusal(phone: string, method: string): string | null {
    const condition = this.of(phone)?.condition ?? 'alive';
    if (condition === 'dead') return 'USER_DEACTIVATED_BAN';
    if (condition === 'limited' && SPAM.test(method)) return 'PEER_FLOOD';
    const isRefused = !worksWhileFrozen(method) && !ALSO_WHILE_FROZEN.test(method);
    return condition === 'frozen' && isRefused ? 'FROZEN_METHOD_INVALID' : null;
  }
}
