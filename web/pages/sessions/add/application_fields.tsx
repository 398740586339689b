import { PasswordInput, TextInput } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './add.module.css';

interface Application {
  readonly apiId: string;
  readonly apiHash: string;
}

interface ApplicationFieldsProps {
  readonly values: Application;
  /** The service has none: the fields are shown. */
  readonly isWanted: boolean;
  readonly error?: ReactNode;
  readonly onChange: (change: Partial<Application>) => void;
}

/** Another application than the one that the service is configured with. */
export function ApplicationFields({ values, isWanted, error, onChange }: ApplicationFieldsProps) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(values.apiId !== '');
  useEffect(() => {
    if (isWanted) setOpen(true);
  }, [isWanted]);
  return (
    <details
      className={styles.more}
      open={isOpen}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>{t('accounts.application')}</summary>
      <p>{t('accounts.applicationHint')}</p>
      <div className={styles.pair}>
        <TextInput
          label="api_id"
          inputMode="numeric"
          value={values.apiId}
          onChange={({ currentTarget }) => onChange({ apiId: currentTarget.value })}
        />
        <PasswordInput
          label="api_hash"
          autoComplete="off"
          value={values.apiHash}
          onChange={({ currentTarget }) => onChange({ apiHash: currentTarget.value })}
        />
      </div>
      {error && <div className={styles.error}>{error}</div>}
    </details>
  );
}

/** The fields of a request; none that is empty. */
export function applicationOf({ apiId, apiHash }: Application) {
  const id = Number(apiId.trim());
  return { ...(apiId.trim() && { api_id: id }), ...(apiHash.trim() && { api_hash: apiHash.trim() }) };
}
