import { Alert, Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import type { Session } from '../../../api/sessions.js';

interface SavedProps {
  readonly session: Session;
  readonly onAnother: () => void;
  readonly onClose: () => void;
}

/** The session that was saved, and the way to it or to another one. */
export function Saved({ session: { id, name, session_file }, onAnother, onClose }: SavedProps) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  return (
    <section aria-label={t('accounts.saved')}>
      <Alert color="green" variant="light" role="status" title={t('accounts.saved')}>
        {t('accounts.savedText', { name })}
        {session_file && <div>{t('accounts.savedFile', { file: session_file })}</div>}
      </Alert>
      <Group justify="flex-end" mt="md">
        <Button variant="subtle" onClick={onClose}>
          {t('common.close')}
        </Button>
        <Button variant="default" onClick={onAnother}>
          {t('accounts.another')}
        </Button>
        <Button onClick={() => navigate(`/sessions/${id}`)}>{t('accounts.show')}</Button>
      </Group>
    </section>
  );
}
