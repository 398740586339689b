/** What the vault knows the sessions themselves as, where they are kept in the database. */
export const SESSION_CREDENTIALS = 'sessions.credentials';
