import { RpcError } from './api/errors.js';

/** How many usernames each account may find within a day, and for how long it is refused after that. */
export interface ResolveLimitSetting {
  readonly perDay: number;
  /** Telegram's wait is about as long as the rest of the day: 66,230 s was seen. */
  readonly waitSeconds: number;
}

/** One call of `contacts.resolveUsername`. */
export interface ResolveRecord {
  /** The account. */
  readonly phone: string;
  /** In lower case. */
  readonly username: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly isFlooded: boolean;
}

const DAY_MS = 86_400_000;

/** How many records are kept: the newest. */
const MAX_RECORDS = 100_000;

/** Telegram's limit of usernames found by each account, and the log of those calls. Switched off at first. */
export class ResolveLimit {
  readonly #time: () => number;
  #setting: ResolveLimitSetting | null = null;
  #records: ResolveRecord[] = [];
  /** Until when accounts are refused. */
  readonly #flooded = new Map<string, number>();

  constructor(time: () => number) {
    this.#time = time;
  }

  /** Null: accounts may find as many as they like. */
  get setting(): ResolveLimitSetting | null {
    return this.#setting;
  }

  /** Sets or (null) lifts the limit, with an empty log. */
  set(setting: ResolveLimitSetting | null): void {
    this.#setting = setting;
    this.#records = [];
    this.#flooded.clear();
  }

  /** Oldest first. */
  list(): readonly ResolveRecord[] {
    return this.#records;
  }

  /** Counts a call. Throws RpcError `FLOOD_WAIT_…` if the account has found too many. */
  count(phone: string, username: string): void {
    const at = this.#time();
    const until = this.#floodedUntil(phone, at);
    this.#records.push({ phone, username: username.toLowerCase(), at, isFlooded: until > at });
    if (this.#records.length > MAX_RECORDS) this.#records.shift();
    if (until > at) throw new RpcError(`FLOOD_WAIT_${Math.ceil((until - at) / 1000)}`);
  }

  #floodedUntil(phone: string, at: number): number {
    const until = this.#flooded.get(phone) ?? 0;
    if (this.#setting === null || until > at) return until;
    const found = this.#records.filter(
      (record) => record.phone === phone && !record.isFlooded && record.at > at - DAY_MS,
    );
    if (found.length < this.#setting.perDay) return 0;
    const end = at + this.#setting.waitSeconds * 1000;
    this.#flooded.set(phone, end);
    return end;
  }
}
