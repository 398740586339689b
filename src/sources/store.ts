import type { Order, Page } from '../kernel/page.js';
import type { RunReason, RunState } from '../runs/store.js';

/** Where scraped data is stored. */
export const TARGETS = ['LOCAL', 'NAS', 'S3'] as const;
export type Target = (typeof TARGETS)[number];

export const ACCESS_LEVELS = ['public', 'private'] as const;
export type AccessLevel = (typeof ACCESS_LEVELS)[number];

/** The settable fields of a source. Encrypted values are the vault's tokens. */
export interface SourceSettings {
  readonly name: string;
  /** `@username`, or a channel id in decimal digits. */
  readonly identifier: string;
  readonly channelTitle: string | null;
  readonly accessLevel: AccessLevel;
  readonly target: Target;
  /** Relative to the target's root, with `/` between its parts; null: the default, which contains the source's id. */
  readonly targetPath: string | null;
  /** The only session that may read it; null: any. */
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

/** A channel to scrape. Times are milliseconds on the service's clock. */
export interface Source extends SourceSettings {
  readonly id: number;
  /** Encrypted: the session of the bot that has `botToken`; null: it has not logged in yet. */
  readonly botSession: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When the last completed run ended; null: none has. */
  readonly lastScrapedAt: number | null;
  readonly totalMessages: number;
  readonly totalFiles: number;
}

/** The secrets of a source. */
export const SOURCE_SECRETS = ['apiHash', 'botToken', 'botSession'] as const;
export type SourceSecrets = { readonly [Name in (typeof SOURCE_SECRETS)[number]]: string | null };

/** What sources can be sorted by. */
export const SOURCE_ORDERS = [
  'id',
  'name',
  'identifier',
  'target',
  'created_at',
  'updated_at',
  'last_scraped_at',
  'total_messages_scraped',
  'total_files_downloaded',
] as const;
export type SourceOrder = Order<(typeof SOURCE_ORDERS)[number]>;

/** Which sources are listed: those that meet all of what is given. */
export interface SourceFilter {
  /** It is part of the name, the channel or its title, whatever its case. */
  readonly q?: string;
  readonly active?: boolean;
  readonly accessLevel?: AccessLevel;
  readonly target?: Target;
  readonly sessionId?: number;
  /** The state of their newest run. */
  readonly runState?: RunState;
}

/** A source was created or changed; or its session does not exist, or another source stores at its path. */
export type SourceOutcome =
  | { readonly kind: 'done'; readonly source: Source }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unknown_session' }
  | { readonly kind: 'path_taken'; readonly by: number };

/** Sources. Each call is one transaction. A session that a source refers to cannot be deleted. */
export interface SourceStore {
  /** `first`: the reason of a first run that is queued together with it; null: none is. */
  create(source: SourceSettings, first: RunReason | null, now: number): Promise<SourceOutcome>;
  source(id: number): Promise<Source | null>;
  /** By id, unless another order is given. */
  sources(page: Page, filter?: SourceFilter, order?: SourceOrder): Promise<Source[]>;
  /** How many sources there are, on all pages. */
  count(filter?: SourceFilter): Promise<number>;
  /** The names of the sessions that read these sources, of those that have one. */
  sessionNames(
    ids: readonly number[],
  ): Promise<readonly { readonly sourceId: number; readonly sessionName: string }[]>;
  /** The first source of this name; null: there is none. */
  named(name: string): Promise<Source | null>;
  /** Another token means another bot: the session of the old one is deleted. */
  edit(id: number, change: Partial<SourceSettings>, now: number): Promise<SourceOutcome>;
  /** Sets the channel title of a source that has none. */
  fillTitle(id: number, channelTitle: string): Promise<void>;
  /** Deletes the source and the records of its runs; what it has stored is kept. Null: there was none. */
  remove(id: number): Promise<Source | null>;
  /** Active sources with a schedule, after the source `afterId`, by id. */
  scheduled(afterId: number, limit: number): Promise<{ readonly id: number; readonly schedule: string }[]>;
  /**
   * Stores the encrypted session of the bot with this encrypted token, replacing the old one; null: deletes it. Does
   * nothing if the source has another token by now.
   */
  keepBotSession(id: number, botToken: string, session: string | null): Promise<void>;
  /** The secrets of the sources after `afterId` that have any, by id. */
  secrets(afterId: number, limit: number): Promise<({ readonly id: number } & SourceSecrets)[]>;
  /** Rewrites a secret unless it has changed meanwhile. */
  replaceSecret(id: number, name: keyof SourceSecrets, before: string, after: string): Promise<void>;
}
