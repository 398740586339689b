import { SourcePage } from './source_page.js';
import { SourcesPage } from './sources_page.js';

/** The pages of sources, by their addresses. */
export const routes = { '/sources': SourcesPage, '/sources/:id': SourcePage };
