import { FilesPage } from './files_page.js';

/** The page of files, by its address. */
export const routes = { '/files': FilesPage };
