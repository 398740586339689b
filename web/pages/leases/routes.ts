import { LeasesPage } from './leases_page.js';

/** The page of leases. */
export const routes = { '/leases': LeasesPage };
