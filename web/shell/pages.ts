import type { ComponentType } from 'react';
import type { Role } from '../api/identity.js';
import { loadTextsOf } from '../i18n/translations.js';

/** The pages of the menu; each has its part of the address, its words (`shell.pages`) and its icon by this name. */
export type PageName =
  | 'pool'
  | 'sessions'
  | 'sources'
  | 'runs'
  | 'leases'
  | 'keys'
  | 'audit'
  | 'files'
  | 'settings';

/** What is shown at which address. */
export type Routes = Readonly<Record<string, ComponentType>>;

interface PageSpec {
  readonly name: PageName;
  /** Who may see it. */
  readonly roles: readonly Role[];
  /** Its code, loaded when it is opened. */
  readonly load: () => Promise<{ readonly routes: Routes }>;
}

const EVERYONE: readonly Role[] = ['worker', 'monitor', 'admin'];
const WATCHING: readonly Role[] = ['monitor', 'admin'];
const ADMINS: readonly Role[] = ['admin'];

async function loadSettings(): Promise<{ readonly routes: Routes }> {
  const [page] = await Promise.all([import('../pages/settings/routes.js'), loadTextsOf('settings')]);
  return page;
}

/** The pages of the console, in the order of the menu. */
export const PAGES: readonly PageSpec[] = [
  { name: 'pool', roles: EVERYONE, load: () => import('../pages/pool/routes.js') },
  { name: 'sessions', roles: WATCHING, load: () => import('../pages/sessions/routes.js') },
  { name: 'sources', roles: WATCHING, load: () => import('../pages/sources/routes.js') },
  { name: 'runs', roles: WATCHING, load: () => import('../pages/runs/routes.js') },
  { name: 'files', roles: WATCHING, load: () => import('../pages/files/routes.js') },
  { name: 'leases', roles: WATCHING, load: () => import('../pages/leases/routes.js') },
  { name: 'keys', roles: ADMINS, load: () => import('../pages/keys/routes.js') },
  { name: 'audit', roles: ADMINS, load: () => import('../pages/audit/routes.js') },
  { name: 'settings', roles: ADMINS, load: loadSettings },
];
