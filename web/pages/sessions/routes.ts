import { SessionPage } from './session_page.js';
import { SessionsPage } from './sessions_page.js';

/** The pages of sessions, by their addresses. */
export const routes = { '/sessions': SessionsPage, '/sessions/:id': SessionPage };
