/** Known names and the fingerprints of their files, ordered by id. */
export interface KnownFiles {
  readonly lastId: number;
  readonly names: string[];
  readonly fingerprints: string[];
}

/** A session file as it was found, ready to be a row. */
export interface FoundFile {
  readonly name: string;
  readonly file: string | null;
  readonly json: string | null;
  readonly fingerprint: string;
  readonly format: string;
  /** Why it is certainly dead; null: it is not. */
  readonly dead: string | null;
  /** Lower-case hex. */
  readonly authKeySha256: string | null;
  readonly dcId: number | null;
  readonly userId: string | null;
  readonly phoneNumber: string | null;
  readonly apiId: number | null;
  /** Whether its session file remembers channels. */
  readonly remembersChannels: boolean;
  /** Encrypted: the session itself; null: it is not kept in the database. */
  readonly credentials: string | null;
}

export type FileChange =
  /** The file is there: a new row, or what the row says of it. `renameOf`: the name its row had. */
  | {
      readonly kind: 'put';
      readonly found: FoundFile;
      readonly renameOf: string | null;
      readonly proxyId: number | null;
    }
  /** The file is gone: the row goes, or becomes `missing` if something holds it. */
  | { readonly kind: 'gone'; readonly name: string };

/** A session whose file remembers channels that it may not know yet. */
export interface UnreadChannels {
  readonly sessionId: number;
  /** Relative to the sessions directory. */
  readonly file: string;
  /** Of the session, in lower-case hex: the file's channels count only if it is the file's as well. */
  readonly authKeySha256: string;
  /** Those that its library saw earlier are known, or were forgotten since; in milliseconds. */
  readonly since: number;
  /** To be stored once they are known: until then, each scan reads the file again. Null: it is stored. */
  readonly fingerprint: string | null;
}

export interface AppliedCounts {
  readonly added: number;
  readonly updated: number;
  readonly removed: number;
  readonly missing: number;
  /**
   * Names whose new auth key must wait: until their lease has ended, or while a session without a file has the
   * name; worth another try.
   */
  readonly held: readonly string[];
  readonly unreadChannels: readonly UnreadChannels[];
}

/**
 * The rows that stand for sessions, as their files see them. A session without any file is not
 * among those known: no scan could miss it. Each call is one transaction.
 */
export interface IntakeStore {
  /** The next page of known files after the row `afterId`. */
  known(afterId: number, limit: number): Promise<KnownFiles>;
  /** Of the names given, those that are known. */
  knownOf(names: readonly string[]): Promise<KnownFiles>;
  /** How many sessions there are, those without a file included. */
  total(): Promise<number>;
  /** Of the names given, those whose files were found to be gone before. */
  missing(names: readonly string[]): Promise<string[]>;
  /** Of the names given, those that have an auth key: lower-case hex by name. */
  authKeys(names: readonly string[]): Promise<Record<string, string>>;
  apply(changes: readonly FileChange[], now: number): Promise<AppliedCounts>;
  /** The session knows the channels of its file, which need not be read again while it has this fingerprint. */
  channelsRead(sessionId: number, fingerprint: string): Promise<void>;
  /**
   * Makes the next scan read the files of all sessions that have an auth key but no credentials in the
   * database: how many those are.
   */
  readAgain(): Promise<number>;
  /** The device that SESSIONS_DIR lay on at the last sync; null: never synced. */
  lastDevice(machine: string): Promise<string | null>;
  saveDevice(machine: string, device: string): Promise<void>;
}
