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
  /** The order of events over all connections: times are too coarse for that. */
  readonly openedOrder: number;
  firstSentOrder: number | null;
  closedOrder: number | null;
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

/** The log of connections: account, data centre, time and key. Keeps the last `capacity` records. */
export class ConnectionLog {
  readonly #records: ConnectionRecord[] = [];
  readonly #open = new Set<ConnectionRecord>();
  /** By name; there are no more than the sandbox knows. */
  readonly #calls = new Map<string, number>();
  #order = 0;
  #nextId = 1;
  /** Records that were dropped. */
  dropped = 0;

  constructor(
    readonly time: () => number,
    readonly capacity = 20_000,
  ) {}

  open(dc: number, id: number = this.#newId()): ConnectionRecord {
    const openedOrder = this.#tick();
    const record: ConnectionRecord = {
      ...{ id, dc, keyId: null, phone: null, openedAt: this.time(), closedAt: null },
      ...{ requests: 0, mediaRequests: 0, openedOrder, firstSentOrder: null, closedOrder: null },
    };
    this.#records.push(record);
    this.#open.add(record);
    if (this.#records.length > this.capacity) {
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

  /**
   * Counts a call; null: of a method that the sandbox does not know. Returns whether another open connection has
   * called with this key, too.
   */
  sent(record: ConnectionRecord, method: CalledMethod | null): boolean {
    record.requests += 1;
    if (method) this.#calls.set(method.name, this.calls(method.name) + 1);
    if (method?.isMedia) {
      record.mediaRequests += 1;
      return false;
    }
    record.firstSentOrder ??= this.#tick();
    for (const other of this.#open) if (isRival(other, record)) return true;
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

function isRival(other: ConnectionRecord, record: ConnectionRecord): boolean {
  return (
    other.firstSentOrder !== null &&
    other.keyId === record.keyId &&
    other.dc === record.dc &&
    other.id !== record.id
  );
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
