import { Radio } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Answer, send } from '../../../api/client.js';
import { outdated } from '../../../api/queries.js';
import { ConfirmDialog } from '../../../components/dialog.js';
import { toast } from '../../../components/toasts.js';

interface RevokeKeyProps {
  readonly apiKey: Answer<'get', '/keys'>[number];
  readonly onClose: () => void;
}

/** Asks before a key is revoked, and what becomes of its leases. */
export function RevokeKey({ apiKey: { id, name, role }, onClose }: RevokeKeyProps) {
  const { t } = useTranslation();
  const [leases, setLeases] = useState('keep');
  const revoke = async () => {
    await send('delete', '/keys/{id}', { path: { id }, query: { end_leases: leases === 'end' } });
    outdated('keys', 'leases', 'sessions', 'status', 'audit');
    toast(t('keys.revoked', { name }));
  };
  return (
    <ConfirmDialog
      isDangerous
      title={t('keys.revokeTitle', { name })}
      action={t('keys.revoke')}
      onConfirm={revoke}
      onClose={onClose}
    >
      <p>{t('keys.revokeText')}</p>
      {role !== 'monitor' && (
        <Radio.Group label={t('keys.itsLeases')} value={leases} onChange={setLeases}>
          <Radio value="keep" label={t('keys.keepLeases')} mt={6} />
          <Radio value="end" label={t('keys.endLeases')} description={t('keys.endLeasesHint')} mt={6} />
        </Radio.Group>
      )}
    </ConfirmDialog>
  );
}
