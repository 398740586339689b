import { Button, Group, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Session } from '../../../api/sessions.js';
import { type Draft, useTextDraft } from '../../../components/draft.js';
import { Problem } from '../../../components/problem.js';
import { useSubmit } from '../../../components/use_submit.js';
import { type Login, saveLogin } from './login.js';
import type { LoginValues } from './login_draft.js';

interface SaveStepProps {
  readonly draft: Draft<LoginValues>;
  readonly login: Login;
  readonly onSaved: (session: Session) => void;
}

/** Where a login becomes a session, with the name that it was begun with or another. */
export function SaveStep({ draft, login, onSaved }: SaveStepProps) {
  const { t } = useTranslation();
  const { tempSessionId, phoneNumber } = login;
  const given = draft.values.name.trim() || phoneNumber.replace(/\D/g, '');
  const name = useTextDraft(`login.${tempSessionId}`, given);
  const form = useSubmit(async () => {
    const session = await saveLogin(login, name.text.trim());
    name.clear();
    onSaved(session);
  });
  return (
    <form onSubmit={(event) => void form.submit(event)} noValidate>
      <p>{t('accounts.signedIn')}</p>
      <TextInput
        autoFocus
        label={t('accounts.name')}
        value={name.text}
        error={form.errorAt('session_name', 'name')}
        onChange={({ currentTarget }) => name.set(currentTarget.value)}
      />
      {form.isElsewhere() && <Problem error={form.error} onRetry={() => void form.submit()} />}
      <Group justify="flex-end" mt="md">
        <Button type="submit" loading={form.isSending}>
          {t('accounts.save')}
        </Button>
      </Group>
    </form>
  );
}
