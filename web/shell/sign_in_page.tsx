import { Button, Code, PasswordInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { signIn } from '../api/identity.js';
import { Dialog } from '../components/dialog.js';
import { EmptyState } from '../components/empty_state.js';
import { Mark } from '../components/icons.js';
import { useProblem } from '../components/problem.js';
import styles from './desk.module.css';

/** Signing in with an API key. */
export function SignInPage() {
  const { t } = useTranslation();
  return (
    <main className={styles.entrance}>
      <title>TeleGate</title>
      <div className={styles.card}>
        <Mark size={40} />
        <h1>{t('shell.signIn.title')}</h1>
        <SignInForm />
        <details>
          <summary>{t('shell.signIn.where')}</summary>
          <p>{t('shell.signIn.whereText')}</p>
          <Code>DATA_DIR/admin.key</Code>
        </details>
      </div>
    </main>
  );
}

/** The service did not answer at all. */
export function UnreachablePage() {
  const { t } = useTranslation();
  return (
    <main className={styles.entrance}>
      <EmptyState title={t('shell.signIn.unreachable')}>
        <Button onClick={() => location.reload()}>{t('common.tryAgain')}</Button>
      </EmptyState>
    </main>
  );
}

/** Signing in again over a page that stays as it is, with everything that was typed. */
export function SignInAgain() {
  const { t } = useTranslation();
  return (
    <Dialog title={t('shell.signIn.again')} onClose={() => undefined} isOneWay>
      <p>{t('shell.signIn.againText')}</p>
      <SignInForm />
    </Dialog>
  );
}

function SignInForm() {
  const { t } = useTranslation();
  const problem = useProblem();
  const [key, setKey] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isSending, setSending] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    setError(null);
    try {
      await signIn(key.trim());
    } catch (reason) {
      setError(reason);
      setSending(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <PasswordInput
        data-autofocus
        label={t('shell.signIn.key')}
        autoComplete="current-password"
        value={key}
        onChange={({ currentTarget }) => setKey(currentTarget.value)}
        error={error !== null && <span role="alert">{problem(error).text}</span>}
        required
        withAsterisk={false}
      />
      <Button type="submit" fullWidth my="md" loading={isSending}>
        {t('shell.signIn.submit')}
      </Button>
    </form>
  );
}
