import { Alert } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { connection } from '../api/events.js';
import { useStore } from '../api/store.js';
import styles from './desk.module.css';

/** How the page learns of changes. */
export function ConnectionState() {
  const { t } = useTranslation();
  const state = useStore(connection);
  return (
    <output className={styles.state} data-state={state}>
      {t(`shell.connection.${state}`)}
    </output>
  );
}

/** Says above the page that the service cannot be reached. */
export function ConnectionLost() {
  const { t } = useTranslation();
  const state = useStore(connection);
  if (state !== 'lost') return null;
  return (
    <Alert color="red" variant="light" role="alert" mb="md">
      {t('shell.lost')}
    </Alert>
  );
}
