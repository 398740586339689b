import { SOURCE_API_HASH, SOURCE_BOT_SESSION, SOURCE_BOT_TOKEN, type Vault } from '../access/vault.js';
import type { KnownChannel } from '../peers/store.js';
import type { Source, SourceStore } from '../sources/store.js';
import type { Application, ChooseApplication } from '../telegram/application.js';
import type { DcKey } from '../telegram/gateway.js';

/** The session of a bot that has logged in, and what it knows of its source's channel. Secret. */
export interface BotSession {
  readonly key: DcKey;
  /** The channel that it resolved last, and by which name; null: none yet. */
  readonly channel: (KnownChannel & { readonly identifier: string }) | null;
}

/** A source's bot. Secret, but for its name. */
export interface SourceBot {
  readonly sourceId: number;
  /** The token as it is stored: while it stays the same, so does the bot. */
  readonly encryptedToken: string;
  /** `bot` and its id. */
  readonly name: string;
  readonly token: string;
  readonly application: Application;
  /** Null: it has to log in. */
  readonly session: BotSession | null;
}

/** A session as JSON: the auth key in base64. */
type StoredSession = Omit<BotSession, 'key'> & {
  readonly key: Omit<DcKey, 'authKey'> & { readonly authKey: string };
};

export interface SourceBotsParts {
  readonly sources: Pick<SourceStore, 'source' | 'keepBotSession'>;
  readonly vault: Pick<Vault, 'encrypt' | 'decrypt'>;
  readonly chooseApplication: ChooseApplication;
}

/** The bots of sources. Their sessions are stored, encrypted: a bot that logs in often is told to wait. */
export class SourceBots {
  readonly #parts: SourceBotsParts;

  constructor(parts: SourceBotsParts) {
    this.#parts = parts;
  }

  /**
   * The bot that the source has now, with its stored session; null: there is none. It uses the source's own application,
   * or else the configured one.
   * @throws VaultError for a token that no key decrypts; BadRequest where no application is known.
   */
  async of(sourceId: number): Promise<SourceBot | null> {
    const { sources, vault, chooseApplication } = this.#parts;
    const source = await sources.source(sourceId);
    if (!source || source.botToken === null) return null;
    const { apiId, apiHash, botToken: encryptedToken } = source;
    const token = await vault.decrypt(encryptedToken, SOURCE_BOT_TOKEN);
    const own = apiId !== null && apiHash !== null;
    const application = chooseApplication(
      own ? { apiId, apiHash: await vault.decrypt(apiHash, SOURCE_API_HASH) } : {},
    );
    const name = `bot${/^\d{1,20}(?=:)/.exec(token)?.[0] ?? ''}`;
    const session = await this.#session(source);
    return { sourceId, encryptedToken, name, token, application, session };
  }

  /** Stores the session of the bot, unless its source has another bot by now; null: forgets it. */
  async keep(
    { sourceId, encryptedToken }: Pick<SourceBot, 'sourceId' | 'encryptedToken'>,
    session: BotSession | null,
  ): Promise<void> {
    const { sources, vault } = this.#parts;
    const encrypted = session && (await vault.encrypt(serialize(session), SOURCE_BOT_SESSION));
    await sources.keepBotSession(sourceId, encryptedToken, encrypted);
  }

  /** A session that no key decrypts is ignored: the bot can log in again. */
  async #session({ botSession }: Source): Promise<BotSession | null> {
    if (botSession === null) return null;
    const text = await this.#parts.vault.decrypt(botSession, SOURCE_BOT_SESSION).catch(() => null);
    return text === null ? null : deserialize(text);
  }
}

function serialize({ key, channel }: BotSession): string {
  const stored: StoredSession = { key: { ...key, authKey: key.authKey.toString('base64') }, channel };
  return JSON.stringify(stored);
}

function deserialize(text: string): BotSession {
  const { key, channel }: StoredSession = JSON.parse(text);
  return { key: { ...key, authKey: Buffer.from(key.authKey, 'base64') }, channel };
}
