import { SettingsPage } from './settings_page.js';

/** The page of settings. */
export const routes = { '/settings': SettingsPage };
