import { ActionIcon } from '@mantine/core';
import { type ComponentType, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { followEvents } from '../api/events.js';
import { type Role, useExpired } from '../api/identity.js';
import { EmptyState } from '../components/empty_state.js';
import { Icon } from '../components/icons.js';
import { onDemand } from '../components/on_demand.js';
import { AccountMenu } from './account_menu.js';
import { ConnectionLost, ConnectionState } from './connection_state.js';
import { CrashBoundary } from './crash_boundary.js';
import styles from './desk.module.css';
import { Navigation } from './navigation.js';
import { PAGES, type Routes } from './pages.js';
import { PaletteButton } from './palette_button.js';
import { SignInAgain } from './sign_in_page.js';

/** The console for one who is signed in: menu, top bar and the page. */
export function Desk({ role }: { readonly role: Role }) {
  const { t } = useTranslation();
  const [menuOpen, setMenuOpen] = useState(false);
  const [path] = useLocation();
  const expired = useExpired();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the menu of a phone
  useEffect(() => setMenuOpen(false), [path]);
  // After a new sign-in, events are asked for with it; until then, nothing is.
  useEffect(() => (expired ? undefined : followEvents(role !== 'worker')), [role, expired]);
  return (
    <div className={styles.desk}>
      <a className={styles.skip} href="#content">
        {t('shell.skip')}
      </a>
      <header className={styles.top}>
        <ActionIcon
          className={styles.burger}
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={menuOpen ? t('shell.closeMenu') : t('shell.menu')}
          aria-expanded={menuOpen}
          aria-controls="menu"
          onClick={() => setMenuOpen(!menuOpen)}
        >
          <Icon name={menuOpen ? 'close' : 'menu'} size={22} />
        </ActionIcon>
        <PaletteButton role={role} />
        <ConnectionState />
        <AccountMenu />
      </header>
      <Navigation role={role} isOpen={menuOpen} />
      <main id="content" className={styles.main} tabIndex={-1}>
        <ConnectionLost />
        <CrashBoundary key={path}>
          <Pages role={role} />
        </CrashBoundary>
      </main>
      {expired && <SignInAgain />}
    </div>
  );
}

/** The pages of a folder, loaded together when one of them is opened. */
const LOADED = Object.fromEntries(
  PAGES.map(({ name, load }) => [name, onDemand(async () => routed((await load()).routes))]),
);

function routed(routes: Routes): ComponentType {
  return () => (
    <Switch>
      {Object.entries(routes).map(([path, PageOfRoute]) => (
        <Route key={path} path={path}>
          <PageOfRoute />
        </Route>
      ))}
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}

function Pages({ role }: { readonly role: Role }) {
  const [path] = useLocation();
  const page = PAGES.find(({ name }) => name === path.split('/')[1]);
  if (path === '/') return <Redirect to="/pool" replace />;
  const Loaded = page && LOADED[page.name];
  if (!Loaded) return <NotFound />;
  return page.roles.includes(role) ? <Loaded /> : <NoAccess role={role} />;
}

function NoAccess({ role }: { readonly role: Role }) {
  const { t } = useTranslation();
  return (
    <EmptyState title={t('shell.noAccess.title')}>
      <p>{t('shell.noAccess.text', { role: t(`shell.roles.${role}`) })}</p>
    </EmptyState>
  );
}

function NotFound() {
  const { t } = useTranslation();
  return (
    <EmptyState title={t('shell.notFound.title')}>
      <p>{t('shell.notFound.text')}</p>
      <a href="/pool">{t('shell.notFound.home')}</a>
    </EmptyState>
  );
}
