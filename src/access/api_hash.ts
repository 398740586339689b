/** What the vault knows the api hashes of sessions as. */
export const SESSION_API_HASH = 'sessions.api_hash';
