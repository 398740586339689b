import { Alert, Button, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Draft } from '../../../components/draft.js';
import { Problem } from '../../../components/problem.js';
import { useSubmit } from '../../../components/use_submit.js';
import { type CodeOrSession, getCode } from './login.js';
import type { LoginValues } from './login_draft.js';

interface GetCodeStepProps {
  readonly draft: Draft<LoginValues>;
  readonly onClose: () => void;
}

/** Looks for the session of a phone number; a code is sent only if there is none. */
export function GetCodeStep({ draft, onClose }: GetCodeStepProps) {
  const { t } = useTranslation();
  const { values, set } = draft;
  const [found, setFound] = useState<CodeOrSession | null>(null);
  const form = useSubmit(async () => {
    setFound(null);
    const answer = await getCode(values.phone.trim());
    if (answer.kind === 'sent') set({ login: answer.login, isVerified: false });
    else setFound(answer);
  });
  return (
    <form onSubmit={(event) => void form.submit(event)} noValidate>
      <p>{t('accounts.getCode.text')}</p>
      <TextInput
        data-autofocus
        type="tel"
        autoComplete="tel"
        label={t('accounts.phone')}
        description={t('accounts.phoneHint')}
        value={values.phone}
        error={form.errorAt('phone_number')}
        onChange={({ currentTarget }) => set({ phone: currentTarget.value })}
      />
      {form.isElsewhere() && <Problem error={form.error} onRetry={() => void form.submit()} />}
      {found?.kind === 'exists' && (
        <Alert color="green" variant="light" mt="sm" role="status" title={t('accounts.getCode.exists')}>
          {found.file
            ? t('accounts.getCode.existsText', { account: found.account, file: found.file })
            : t('accounts.getCode.existsNoFile', { account: found.account })}
        </Alert>
      )}
      <Group justify="flex-end" mt="md">
        {found && (
          <Button variant="default" onClick={onClose}>
            {t('common.close')}
          </Button>
        )}
        <Button type="submit" loading={form.isSending}>
          {t('accounts.getCode.submit')}
        </Button>
      </Group>
    </form>
  );
}
