import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './layout.module.css';

interface EmptyStateProps {
  readonly title: string;
  readonly children?: ReactNode;
}

/** What to do first where there is nothing yet. */
export function EmptyState({ title, children }: EmptyStateProps) {
  return (
    <div className={styles.empty}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Shown where a search or filter leaves nothing. */
export function NothingFound() {
  const { t } = useTranslation();
  return (
    <EmptyState title={t('common.nothingFound')}>
      <p>{t('common.nothingFoundHint')}</p>
    </EmptyState>
  );
}
