import type { State } from './states.js';

/** What Telegram lets a session's account do, as far as is known; a dead one is in the state `dead`. */
export const CONDITIONS = ['alive', 'limited', 'frozen', 'dead'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** A condition that is stored beside the state. */
export type StoredCondition = Exclude<Condition, 'dead'>;

/** Why an account is limited or frozen. Times are milliseconds on the service's clock. */
export interface ConditionDetail {
  /** Telegram's name for it, such as `PEER_FLOOD`. */
  readonly reason: string;
  readonly since: number;
  /**
   * Limited: until a day has passed without another `PEER_FLOOD`. Frozen: when Telegram deletes the account unless an
   * appeal is granted; null: unknown.
   */
  readonly until: number | null;
  /** Where to appeal; null: unknown. */
  readonly appealUrl: string | null;
}

/** The columns that hold it. */
export interface ConditionColumns {
  readonly condition: StoredCondition;
  /** Null: it is alive. */
  readonly conditionDetail: ConditionDetail | null;
}

export const ALIVE: ConditionColumns = { condition: 'alive', conditionDetail: null };

/** The condition of a session in this state. */
export function conditionOf({
  state,
  condition,
}: {
  readonly state: string;
  readonly condition: StoredCondition;
}): Condition {
  return state === ('dead' satisfies State) ? 'dead' : condition;
}

/** How long an account counts as limited, in seconds: Telegram does not say, and its limits are per day. */
export const LIMITED_SECONDS = 86_400;

/** The columns of an account that is not limited any more at `now`; empty: nothing has changed. */
export function conditionOver(
  { condition, conditionDetail }: ConditionColumns,
  now: number,
): Partial<ConditionColumns> {
  const isOver = condition === 'limited' && (conditionDetail?.until ?? 0) <= now;
  return isOver ? ALIVE : {};
}

/**
 * What an account that Telegram limits for spam cannot do: write to strangers and in public groups, and add people
 * (telegram.org/faq_spam, "What happens if I'm limited"; the methods' pages at core.telegram.org/methods).
 */
export const METHODS_WHILE_LIMITED: readonly string[] = [
  'channels.inviteToChannel',
  'contacts.addContact',
  'contacts.importContacts',
  'messages.addChatUser',
  'messages.createChat',
  'messages.forwardMessages',
  'messages.sendInlineBotResult',
  'messages.sendMedia',
  'messages.sendMessage',
  'messages.sendMultiMedia',
].map((method) => method.toLowerCase());

/** Methods that read: those by which Telegram's names begin with `get` or `search`. */
const READING = /^(channels|help|messages|photos|stories|updates|upload|users)\.(get|search)/i;

/**
 * Whether a frozen account may call the method: it can read the chats that it is in, and nothing else
 * (core.telegram.org/api/auth, "Frozen accounts"). Of a request that names none, its worker takes the risk.
 */
export function worksWhileFrozen(method: string | null): boolean {
  return method === null || READING.test(method);
}
