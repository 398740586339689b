import type { Page } from '../kernel/page.js';
import type { RunReason } from '../scraping/store.js';

/** Where what is scraped goes. */
export const TARGETS = ['LOCAL', 'NAS', 'S3'] as const;
export type Target = (typeof TARGETS)[number];

export const ACCESS_LEVELS = ['public', 'private'] as const;
export type AccessLevel = (typeof ACCESS_LEVELS)[number];

/** What can be set of a source. Encrypted values are as the vault made them. */
export interface SourceSettings {
  readonly name: string;
  /** `@username`, or the id of a channel in decimal digits. */
  readonly identifier: string;
  readonly channelTitle: string | null;
  readonly accessLevel: AccessLevel;
  readonly target: Target;
  /** Relative to the target's root, with `/` between its parts; null: by the source's id. */
  readonly targetPath: string | null;
  /** The session that alone may read it; null: any may. */
  readonly sessionId: number | null;
  /** Extensions in lower case, without a dot. Null: every file; empty: none. */
  readonly fileTypes: readonly string[] | null;
  /** A cron expression, in UTC; null: on demand only. */
  readonly schedule: string | null;
  readonly isActive: boolean;
  readonly apiId: number | null;
  /** Encrypted. */
  readonly apiHash: string | null;
  /** Encrypted. */
  readonly botToken: string | null;
}

/** A channel that is scraped. Times are milliseconds on the service's clock. */
export interface Source extends SourceSettings {
  readonly id: number;
  /** Encrypted: the session of the bot that has `botToken`; null: it has not logged in yet. */
  readonly botSession: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When the last run that came to its end did so; null: none has. */
  readonly lastScrapedAt: number | null;
  readonly totalMessages: number;
  readonly totalFiles: number;
}

/** What is encrypted of a source. */
export const SOURCE_SECRETS = ['apiHash', 'botToken', 'botSession'] as const;
export type SourceSecrets = { readonly [Name in (typeof SOURCE_SECRETS)[number]]: string | null };

/** A source was made or changed; or the session it names is not there, or another source stores at its path. */
export type SourceOutcome =
  | { readonly kind: 'done'; readonly source: Source }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unknown_session' }
  | { readonly kind: 'path_taken'; readonly by: number };

/** Sources. Each call is one transaction. A session that a source refers to is not removed. */
export interface SourceStore {
  /** `first`: why its first run is queued together with it; null: none is. */
  create(source: SourceSettings, first: RunReason | null, now: number): Promise<SourceOutcome>;
  source(id: number): Promise<Source | null>;
  /** By id. */
  sources(page: Page): Promise<Source[]>;
  /** The first source of this name; null: there is none. */
  named(name: string): Promise<Source | null>;
  /** Another token is another bot: the session of the one before is forgotten. */
  edit(id: number, change: Partial<SourceSettings>, now: number): Promise<SourceOutcome>;
  /** Gives a source that has no channel title this one. */
  fillTitle(id: number, channelTitle: string): Promise<void>;
  /** Drops the source and all that is known of its runs; what it has stored stays where it is. Null: there was none. */
  remove(id: number): Promise<Source | null>;
  /** Active sources with a schedule, after the source `afterId`, by id. */
  scheduled(afterId: number, limit: number): Promise<{ readonly id: number; readonly schedule: string }[]>;
  /**
   * Keeps the encrypted session of the bot whose encrypted token this is, in place of the one before; null: forgets
   * it. Does nothing when the source has another token by now.
   */
  keepBotSession(id: number, botToken: string, session: string | null): Promise<void>;
  /** What is encrypted, of the sources after `afterId` that have any of it, by id. */
  secrets(afterId: number, limit: number): Promise<({ readonly id: number } & SourceSecrets)[]>;
  /** Writes a secret anew unless it was changed meanwhile. */
  replaceSecret(id: number, name: keyof SourceSecrets, before: string, after: string): Promise<void>;
}
