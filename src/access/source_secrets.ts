import type { SourceSecrets } from '../sources/store.js';

/** What the vault knows the api hashes of sources as. */
export const SOURCE_API_HASH = 'sources.api_hash';

/** What the vault knows the bot tokens of sources as. */
export const SOURCE_BOT_TOKEN = 'sources.bot_token';

/** What the vault knows the sessions of their bots as. */
export const SOURCE_BOT_SESSION = 'sources.bot_session';

/** What the vault knows each secret of a source as. */
export const SOURCE_CONTEXTS: Readonly<Record<keyof SourceSecrets, string>> = {
  apiHash: SOURCE_API_HASH,
  botToken: SOURCE_BOT_TOKEN,
  botSession: SOURCE_BOT_SESSION,
};
