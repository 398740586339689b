import { RunPage } from './run_page.js';
import { RunsPage } from './runs_page.js';

/** The pages of runs, by their addresses. */
export const routes = { '/runs': RunsPage, '/runs/:id': RunPage };
