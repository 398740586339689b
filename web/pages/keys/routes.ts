import { KeysPage } from './keys_page.js';

/** The page of keys. */
export const routes = { '/keys': KeysPage };
