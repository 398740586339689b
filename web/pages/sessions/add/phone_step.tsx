import { Button, Group, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../../api/errors.js';
import type { Draft } from '../../../components/draft.js';
import { Problem } from '../../../components/problem.js';
import { useSubmit } from '../../../components/use_submit.js';
import { ApplicationFields, applicationOf } from './application_fields.js';
import { sendCode } from './login.js';
import type { LoginValues } from './login_draft.js';

/** Where a code is asked for. */
export function PhoneStep({ draft }: { readonly draft: Draft<LoginValues> }) {
  const { t } = useTranslation();
  const { values, set } = draft;
  const form = useSubmit(async () => {
    const name = values.name.trim() || values.phone.replace(/\D/g, '');
    const body = {
      phone_number: values.phone.trim(),
      ...applicationOf(values),
      ...(name && { session_name: name }),
    };
    set({ login: await sendCode(body), isVerified: false });
  });
  const isApplicationWanted = form.error instanceof ApiError && form.error.code.startsWith('application');
  return (
    <form onSubmit={(event) => void form.submit(event)} noValidate>
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
      <TextInput
        mt="sm"
        label={t('accounts.name')}
        description={t('accounts.nameHint')}
        value={values.name}
        error={form.errorAt('session_name')}
        onChange={({ currentTarget }) => set({ name: currentTarget.value })}
      />
      <ApplicationFields
        values={values}
        isWanted={isApplicationWanted}
        error={form.errorAt('api_id', 'api_hash') || (isApplicationWanted && <Problem error={form.error} />)}
        onChange={set}
      />
      {form.isElsewhere() && !isApplicationWanted && (
        <Problem error={form.error} onRetry={() => void form.submit()} />
      )}
      <Group justify="flex-end" mt="md">
        <Button type="submit" loading={form.isSending}>
          {t('accounts.sendCode')}
        </Button>
      </Group>
    </form>
  );
}
