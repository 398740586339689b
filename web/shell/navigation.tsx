import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import type { Role } from '../api/identity.js';
import { Icon, Mark } from '../components/icons.js';
import styles from './desk.module.css';
import { PAGES } from './pages.js';

interface NavigationProps {
  readonly role: Role;
  /** On a phone, where it covers the page. */
  readonly isOpen: boolean;
}

/** The menu: the pages that this role may see. */
export function Navigation({ role, isOpen }: NavigationProps) {
  const { t } = useTranslation();
  const [path] = useLocation();
  return (
    <nav id="menu" className={styles.side} data-open={isOpen || undefined} aria-label={t('shell.main')}>
      <div className={styles.brand}>
        <Mark size={26} />
        TeleGate
      </div>
      {PAGES.filter(({ roles }) => roles.includes(role)).map(({ name }) => (
        <Link
          key={name}
          to={`/${name}`}
          className={styles.link}
          {...(path.split('/')[1] === name && { 'aria-current': 'page' as const })}
        >
          <Icon name={name} />
          {t(`shell.pages.${name}`)}
        </Link>
      ))}
      <a className={`${styles.link} ${styles.outside}`} href="/docs">
        <Icon name="link" />
        {t('shell.apiDocs')}
      </a>
    </nav>
  );
}
