import { Alert, Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Answer, type Body, send } from '../../../api/client.js';
import { ApiError } from '../../../api/errors.js';
import { outdated } from '../../../api/queries.js';
import { CopyButton } from '../../../components/copy_button.js';
import { Dialog, FormDialog } from '../../../components/dialog.js';
import { useDraft } from '../../../components/draft.js';
import styles from '../keys.module.css';

type Created = Answer<'post', '/keys'>;

interface KeyValues {
  readonly name: string;
  readonly role: Created['role'];
  readonly tags: string;
  readonly max_leases: string;
  /** As the field of the browser has it: in the time of this machine. */
  readonly expires_at: string;
}

const EMPTY: KeyValues = { name: '', role: 'worker', tags: '', max_leases: '', expires_at: '' };

/** Makes a key, and then shows it this once. */
export function NewKey({ onClose }: { readonly onClose: () => void }) {
  const [created, setCreated] = useState<Created | null>(null);
  if (created) return <Secret created={created} onClose={onClose} />;
  return <KeyForm onCreated={setCreated} onClose={onClose} />;
}

interface KeyFormProps {
  readonly onCreated: (key: Created) => void;
  readonly onClose: () => void;
}

/** What is typed, what is wrong with it, and creating a key of it. */
function useKeyForm(onCreated: (key: Created) => void) {
  const { t } = useTranslation();
  const draft = useDraft('key.new', EMPTY);
  const { values, set, clear } = draft;
  const [wrong, setWrong] = useState<Readonly<Record<string, string>>>({});
  const create = async () => {
    const missing = wrongOf(values, t('common.required'), t('common.wholeNumber', { min: 1 }));
    setWrong(missing);
    if (Object.keys(missing).length > 0) return false;
    try {
      const created = await send('post', '/keys', { body: bodyOf(values) });
      clear();
      outdated('keys', 'audit');
      onCreated(created);
    } catch (error) {
      if (!(error instanceof ApiError) || Object.keys(error.issues).length === 0) throw error;
      setWrong(
        'expires_at' in error.issues ? { ...error.issues, expires_at: t('keys.form.past') } : error.issues,
      );
    }
    return false;
  };
  const field = (name: keyof KeyValues) => ({
    value: values[name],
    error: wrong[name],
    onChange: ({ currentTarget }: { readonly currentTarget: HTMLInputElement | HTMLSelectElement }) =>
      set({ [name]: currentTarget.value }),
  });
  return { draft, values, field, create };
}

function KeyForm({ onCreated, onClose }: KeyFormProps) {
  const { t } = useTranslation();
  const { draft, values, field, create } = useKeyForm(onCreated);
  const optional = (label: string) => `${label} (${t('common.optional')})`;
  return (
    <FormDialog
      title={t('keys.form.title')}
      action={t('keys.create')}
      onSubmit={create}
      onClose={onClose}
      draft={draft}
    >
      <div className={styles.form}>
        <TextInput
          data-autofocus
          aria-required
          label={t('keys.form.name')}
          description={t('keys.form.nameHint')}
          maxLength={100}
          {...field('name')}
        />
        <NativeSelect
          label={t('keys.column.role')}
          description={t(`keys.role.${values.role}`)}
          data={(['worker', 'monitor', 'admin'] as const).map((value) => ({
            value,
            label: t(`shell.roles.${value}`),
          }))}
          {...field('role')}
        />
        <TextInput
          label={optional(t('keys.form.tags'))}
          description={t('keys.form.tagsHint')}
          {...field('tags')}
        />
        <TextInput
          label={optional(t('keys.form.leases'))}
          inputMode="numeric"
          placeholder={t('keys.unlimited')}
          {...field('max_leases')}
        />
        <TextInput type="datetime-local" label={optional(t('keys.form.expires'))} {...field('expires_at')} />
      </div>
    </FormDialog>
  );
}

function wrongOf(
  { name, max_leases }: KeyValues,
  required: string,
  wholeNumber: string,
): Readonly<Record<string, string>> {
  return {
    ...(name.trim() === '' && { name: required }),
    ...(!/^([1-9]\d*)?$/.test(max_leases.trim()) && { max_leases: wholeNumber }),
  };
}

function bodyOf({ name, role, tags, max_leases, expires_at }: KeyValues): Body<'post', '/keys'> {
  const wanted = tags
    .split(',')
    .map((tag) => tag.trim())
    .filter(Boolean);
  return {
    name: name.trim(),
    role,
    ...(wanted.length > 0 && { tags: wanted }),
    ...(max_leases.trim() && { max_leases: Number(max_leases) }),
    ...(expires_at && { expires_at: new Date(expires_at).toISOString() }),
  };
}

/** Closed by its button only: the key cannot be shown again. */
function Secret({
  created: { key, name },
  onClose,
}: {
  readonly created: Created;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Dialog title={t('keys.secret.title', { name })} onClose={() => undefined} isOneWay>
      <Alert variant="light" color="yellow" mb="md">
        {t('keys.secret.once')}
      </Alert>
      <TextInput
        readOnly
        data-autofocus
        label={t('keys.secret.label')}
        classNames={{ input: styles.secret ?? '' }}
        value={key}
        onFocus={({ currentTarget }) => currentTarget.select()}
        rightSection={<CopyButton value={key} what={t('keys.secret.label')} />}
      />
      <Group justify="flex-end" mt="md">
        <Button onClick={onClose}>{t('keys.secret.saved')}</Button>
      </Group>
    </Dialog>
  );
}
