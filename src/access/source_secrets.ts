/** What the vault knows the api hashes of sources as. */
export const SOURCE_API_HASH = 'sources.api_hash';

/** What the vault knows the bot tokens of sources as. */
export const SOURCE_BOT_TOKEN = 'sources.bot_token';
