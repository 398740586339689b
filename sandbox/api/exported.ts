/** How long an exported authorization is valid: it is used at once. */
const LIFETIME_MS = 60_000;

interface Exported {
  readonly bytes: Buffer;
  readonly authorizationId: number;
  readonly userId: bigint;
  readonly dcId: number;
  readonly exportedAt: number;
}

/** Authorizations in transfer between data centres (core.telegram.org/api/datacenter, Authorization transfer). */
export class ExportedAuthorizations {
  readonly #exported = new Map<string, Exported>();

  constructor(
    readonly time: () => number,
    readonly randomBytes: (length: number) => Buffer,
  ) {}

  /** What the client has to present to the data centre `dcId`. */
  add(log: { authorizationId: number; userId: bigint; dcId: number }): Buffer {
    this.#forgetOld();
    const bytes = this.randomBytes(64);
    this.#exported.set(bytes.toString('hex'), { ...log, bytes, exportedAt: this.time() });
    return bytes;
  }

  /** The authorization's id; null: never exported to this data centre, used already, or too old. */
  take(shown: { bytes: Buffer; userId: bigint; dcId: number }): number | null {
    this.#forgetOld();
    const name = shown.bytes.toString('hex');
    const found = this.#exported.get(name);
    if (found === undefined || found.dcId !== shown.dcId || found.userId !== shown.userId) return null;
    this.#exported.delete(name);
    return found.authorizationId;
  }

  #forgetOld(): void {
    for (const [name, { exportedAt }] of this.#exported) {
      if (exportedAt < this.time() - LIFETIME_MS) this.#exported.delete(name);
    }
  }
}
