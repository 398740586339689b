/** One client's connection, seen by the key it spoke with. Times in milliseconds since 1970. */
export interface ConnectionRecord {
  /** A connection that spoke with two keys has two records of one id. */
  readonly id: number;
  readonly dc: number;
  /** 16 hexadecimal digits; null: no encrypted message yet. */
  keyId: string | null;
  /** The account of the key, once it has one. */
  phone: string | null;
  readonly openedAt: number;
  closedAt: number | null;
  /** Methods called; pings and acknowledgements are none. */
  requests: number;
  /** Those of them that move files, which several connections may do at once. */
  mediaRequests: number;
  /** The client's port. */
  readonly clientPort: number | null;
  /** When its last encrypted message arrived, whatever it was; null: none has. */
  lastMessageAt: number | null;
  /** The order of events over all connections: times are too coarse for that. */
  readonly openedOrder: number;
  firstMessageOrder: number | null;
  lastMessageOrder: number | null;
  firstSentOrder: number | null;
  lastSentOrder: number | null;
  closedOrder: number | null;
}

/**
 * When a key counts as used twice at once. `open`: two connections that have called with it are open. `interleaved`: a
 * connection calls again after another one has begun to; a connection that stays open and silent, such as a frozen
 * program's, harms nobody.
 */
export type DuplicateUse = 'open' | 'interleaved';

/** Options of the log. */
export interface ConnectionLogOptions {
  /** How many records are kept; 20,000 by default. */
  readonly capacity?: number;
  /** `open` by default, which is stricter than Telegram. */
  readonly duplicateUse?: DuplicateUse | undefined;
}

/** Where a connection comes from and goes to. */
export interface ConnectionEnds {
  readonly dc: number;
  readonly clientPort: number | null;
  /** Of a connection that has a record already. */
  readonly id?: number;
}

/** Two connections that were open and called with one key at the same time, which kills a session. */
export interface Overlap {
  readonly keyId: string;
  readonly phone: string | null;
  readonly connections: readonly [ConnectionRecord, ConnectionRecord];
}

/** The method that a client called. */
export interface CalledMethod {
  readonly name: string;
  /** Moves files. */
  readonly isMedia: boolean;
}

/** The log of connections: account, data centre, time and key. Keeps the last records. */
export class ConnectionLog {
  readonly #records: ConnectionRecord[] = [];
  readonly #open = new Set<ConnectionRecord>();
  /** By name; there are no more than the sandbox knows. */
  readonly #calls = new Map<string, number>();
  #order = 0;
  #nextId = 1;
  /** Records that were dropped. */
  dropped = 0;

  readonly #capacity: number;
  readonly #isRival: (other: ConnectionRecord, record: ConnectionRecord) => boolean;

  constructor(
    readonly time: () => number,
    { capacity = 20_000, duplicateUse = 'open' }: ConnectionLogOptions = {},
  ) {
    this.#capacity = capacity;
    this.#isRival = RIVALS[duplicateUse];
  }

  open({ dc, clientPort, id = this.#newId() }: ConnectionEnds): ConnectionRecord {
    const openedOrder = this.#tick();
    const record: ConnectionRecord = {
      ...{ id, dc, clientPort, keyId: null, phone: null, openedAt: this.time(), closedAt: null },
      ...{ requests: 0, mediaRequests: 0, lastMessageAt: null, openedOrder },
      ...{ firstMessageOrder: null, lastMessageOrder: null },
      ...{ firstSentOrder: null, lastSentOrder: null, closedOrder: null },
    };
    this.#records.push(record);
    this.#open.add(record);
    if (this.#records.length > this.#capacity) {
      const oldest = this.#records.findIndex(({ closedOrder }) => closedOrder !== null);
      this.#records.splice(Math.max(oldest, 0), 1);
      this.dropped += 1;
    }
    return record;
  }

  close(record: ConnectionRecord): void {
    this.#open.delete(record);
    record.closedAt = this.time();
    record.closedOrder = this.#tick();
  }

  /** Notes that an encrypted message has arrived. */
  received(record: ConnectionRecord): void {
    record.lastMessageAt = this.time();
    record.lastMessageOrder = this.#tick();
    record.firstMessageOrder ??= record.lastMessageOrder;
  }

  /**
   * Counts a call; null: of a method that the sandbox does not know. Returns whether this uses the key twice at once.
   */
  sent(record: ConnectionRecord, method: CalledMethod | null): boolean {
    record.requests += 1;
    if (method) this.#calls.set(method.name, this.calls(method.name) + 1);
    if (method?.isMedia) {
      record.mediaRequests += 1;
      return false;
    }
    record.lastSentOrder = this.#tick();
    record.firstSentOrder ??= record.lastSentOrder;
    for (const other of this.#open)
      if (hasSameKey(other, record) && this.#isRival(other, record)) return true;
    return false;
  }

  /** How often a method was called, by GramJS's name: `auth.SendCode`. */
  calls(method: string): number {
    return this.#calls.get(method) ?? 0;
  }

  /** Oldest first. */
  list(): readonly ConnectionRecord[] {
    return this.#records;
  }

  /** Every pair that violated 'one session, one connection', among the kept records. */
  overlaps(): Overlap[] {
    const senders = this.#records.filter(({ firstSentOrder }) => firstSentOrder !== null);
    const byKey = new Map<string, ConnectionRecord[]>();
    for (const record of senders) {
      const key = `${record.dc}:${record.keyId}`;
      byKey.set(key, [...(byKey.get(key) ?? []), record]);
    }
    return [...byKey.values()].flatMap(pairsOf);
  }

  #newId(): number {
    const id = this.#nextId;
    this.#nextId += 1;
    return id;
  }

  #tick(): number {
    this.#order += 1;
    return this.#order;
  }
}

/** Whether the use of a key by another open connection collides with a call of `record`. */
const RIVALS: Readonly<Record<DuplicateUse, (other: ConnectionRecord, record: ConnectionRecord) => boolean>> =
  {
    open: (other) => other.firstSentOrder !== null,
    interleaved: (other, record) => (other.lastSentOrder ?? 0) > (record.firstSentOrder ?? 0),
  };

function hasSameKey(other: ConnectionRecord, record: ConnectionRecord): boolean {
  return other.keyId === record.keyId && other.dc === record.dc && other.id !== record.id;
}

function pairsOf(records: readonly ConnectionRecord[]): Overlap[] {
  return records.flatMap((one, at) =>
    records
      .slice(at + 1)
      .filter((other) => other.id !== one.id && spansMeet(one, other))
      .map((other) => ({
        keyId: one.keyId ?? '',
        phone: one.phone ?? other.phone,
        connections: [one, other] as const,
      })),
  );
}

function spansMeet(one: ConnectionRecord, other: ConnectionRecord): boolean {
  const before = (a: ConnectionRecord, b: ConnectionRecord): boolean =>
    (a.firstSentOrder ?? 0) < (b.closedOrder ?? Number.POSITIVE_INFINITY);
  return before(one, other) && before(other, one);
}
