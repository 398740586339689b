import { Alert, Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** Says that what was typed before is there again, and can forget it. */
export function Restored({ onDiscard }: { readonly onDiscard: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert variant="light" color="blue" mb="md" role="status">
      {t('common.draftKept')}{' '}
      <Button size="compact-sm" variant="light" onClick={onDiscard}>
        {t('common.discardDraft')}
      </Button>
    </Alert>
  );
}
