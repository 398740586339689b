import { Button, Group, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../../api/client.js';
import { outdated } from '../../../api/queries.js';
import type { Session } from '../../../api/sessions.js';
import { useDraft } from '../../../components/draft.js';
import { Problem } from '../../../components/problem.js';
import { useSubmit } from '../../../components/use_submit.js';
import { ApplicationFields, applicationOf } from './application_fields.js';
import { Saved } from './saved.js';

const EMPTY = { name: '', text: '', apiId: '', apiHash: '' };
const SECRET = ['text', 'apiHash'] as const;

/** Adds a session by its string. */
export function PasteString({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { values, set, clear } = useDraft('session-string', EMPTY, SECRET);
  const [saved, setSaved] = useState<Session | null>(null);
  const form = useSubmit(async () => {
    const body = { name: values.name.trim(), session_string: values.text.trim(), ...applicationOf(values) };
    const session = await send('post', '/sessions', { body });
    outdated('sessions', 'status');
    clear();
    setSaved(session);
  });
  if (saved) return <Saved session={saved} onAnother={() => setSaved(null)} onClose={onClose} />;
  return (
    <form onSubmit={(event) => void form.submit(event)} noValidate>
      <TextInput
        data-autofocus
        label={t('accounts.name')}
        value={values.name}
        error={form.errorAt('name', 'session_name')}
        onChange={({ currentTarget }) => set({ name: currentTarget.value })}
      />
      <Textarea
        mt="sm"
        name="session_string"
        label={t('accounts.string.label')}
        description={t('accounts.string.hint')}
        rows={4}
        autoComplete="off"
        spellCheck={false}
        value={values.text}
        error={form.errorAt('session_string')}
        onChange={({ currentTarget }) => set({ text: currentTarget.value })}
      />
      <ApplicationFields
        values={values}
        isWanted={false}
        error={form.errorAt('api_id', 'api_hash')}
        onChange={set}
      />
      {form.isElsewhere() && <Problem error={form.error} onRetry={() => void form.submit()} />}
      <Group justify="flex-end" mt="md">
        <Button type="submit" loading={form.isSending}>
          {t('accounts.string.submit')}
        </Button>
      </Group>
    </form>
  );
}
