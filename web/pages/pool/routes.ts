import { PoolPage } from './pool_page.js';

/** The page of the pool, by its address. */
export const routes = { '/pool': PoolPage };
