import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../../../api/client.js';
import type { Session } from '../../../api/sessions.js';

const MAX_SHOWN = 20;

interface SessionFieldProps {
  /** The id of the session; empty: none. */
  readonly value: string;
  readonly isRequired: boolean;
  readonly error: string | undefined;
  readonly onChange: (id: string) => void;
}

/** The session that reads a channel, found by its name or number among thousands. */
export function SessionField({ value, isRequired, error, onChange }: SessionFieldProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [wanted] = useDebouncedValue(typed.trim(), 150);
  const chosen = useQuery({
    queryKey: ['sessions', Number(value)],
    queryFn: ({ signal }) => get('/sessions/{id}', { path: { id: value }, signal }),
    enabled: value !== '',
  }).data;
  const nameOfChosen = chosen && labelOf(chosen);
  const q = wanted === nameOfChosen ? '' : wanted;
  const { data = [] } = useQuery({
    queryKey: ['sessions', 'choose', q],
    queryFn: ({ signal }) =>
      get('/sessions', { query: { ...(q && { q }), limit: MAX_SHOWN, sort: 'name' }, signal }),
    placeholderData: keepPreviousData,
  });
  const shown = chosen && !data.some(({ id }) => id === chosen.id) ? [chosen, ...data] : data;
  return (
    <Select
      label={t('sources.form.session')}
      description={t('sources.form.sessionHint')}
      searchable
      clearable={!isRequired}
      allowDeselect={false}
      aria-required={isRequired}
      data={shown.map((session) => ({ value: String(session.id), label: labelOf(session) }))}
      // The service has searched already.
      filter={({ options }) => options}
      nothingFoundMessage={t('sources.form.noSession')}
      value={value === '' ? null : value}
      error={error}
      onSearchChange={setTyped}
      onChange={(id) => onChange(id ?? '')}
      comboboxProps={{ transitionProps: { duration: 0 } }}
    />
  );
}

function labelOf({ name, phone_number }: Pick<Session, 'name' | 'phone_number'>): string {
  return phone_number && !name.includes(phone_number.replace('+', '')) ? `${name} · ${phone_number}` : name;
}
