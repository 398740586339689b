import { type Effect, isMethod } from './faults.js';

/** How many requests of a method each account may send, as Telegram limits the reading of histories and files. */
export interface Budget {
  /** `messages.GetHistory`, `messages.getHistory` or `getHistory`. */
  readonly method: string;
  readonly perSecond: number;
  /** How many may come at once, after a pause. */
  readonly burst: number;
  /**
   * What becomes of those beyond it. `flood`: they are refused with FLOOD_WAIT, until the account may send `burst` again;
   * `delay`: their answer comes when it is their turn.
   */
  readonly excess: 'flood' | 'delay';
}

interface Limited {
  readonly budget: Budget;
  /** By account: when it may send `burst` requests at once again. Milliseconds. */
  readonly fullAt: Map<string, number>;
}

/** The budgets of requests; without any, accounts send as many as they like. */
export class Budgets {
  readonly #time: () => number;
  readonly #limited: Limited[] = [];

  constructor(time: () => number) {
    this.#time = time;
  }

  /** Limits every account from now on. */
  add(budget: Budget): Budget {
    this.#limited.push({ budget, fullAt: new Map() });
    return budget;
  }

  /** Ends all limits; returns how many there were. */
  clear(): number {
    return this.#limited.splice(0).length;
  }

  list(): Budget[] {
    return this.#limited.map(({ budget }) => budget);
  }

  /** What becomes of an account's request, which is counted unless it is refused; null: it is within the budget. */
  spend(account: string, method: string): Effect | null {
    const limited = this.#limited.find(({ budget }) => isMethod(budget.method, method));
    return limited ? spend(limited, account, this.#time()) : null;
  }
}

function spend({ budget, fullAt }: Limited, account: string, now: number): Effect | null {
  const { perSecond, burst, excess } = budget;
  const each = 1000 / perSecond;
  const full = Math.max(now, fullAt.get(account) ?? 0);
  const waitMs = full + each - burst * each - now;
  if (waitMs > 0 && excess === 'flood') {
    const seconds = Math.max(1, Math.ceil((full - now) / 1000));
    return { kind: 'error', code: 420, message: `FLOOD_WAIT_${seconds}` };
  }
  fullAt.set(account, full + each);
  return waitMs > 0 ? { kind: 'slow', milliseconds: Math.ceil(waitMs) } : null;
}
