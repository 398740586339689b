import { TextInput, useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { get } from '../api/client.js';
import { type Role, signOut } from '../api/identity.js';
import { Dialog } from '../components/dialog.js';
import { PAGES } from './pages.js';
import styles from './palette.module.css';

interface Entry {
  readonly id: string;
  readonly group: string;
  readonly label: string;
  readonly hint?: string;
  readonly run: () => unknown;
}

const MAX_SESSIONS = 6;

/** Finds pages, sessions and commands by what is typed. */
export function Palette({ role, onClose }: { readonly role: Role; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const list = useId();
  const entries = [...useCommands(role, typed), ...useSessions(role, typed)];
  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    entry.run();
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setChosen((chosen + step + entries.length) % Math.max(entries.length, 1));
    } else if (event.key === 'Enter') run(entries[chosen]);
  };
  return (
    <Dialog title={t('shell.palette.title')} onClose={onClose} size="lg">
      <TextInput
        data-autofocus
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={entries[chosen] ? `${list}-${entries[chosen].id}` : undefined}
        aria-label={t('shell.palette.placeholder')}
        placeholder={t('shell.palette.placeholder')}
        value={typed}
        onChange={({ currentTarget }) => {
          setTyped(currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={press}
      />
      <div id={list} role="listbox" aria-label={t('shell.palette.title')} className={styles.list}>
        {entries.length === 0 && (
          <div role="option" aria-selected={false} aria-disabled tabIndex={-1} className={styles.nothing}>
            {t('shell.palette.nothing')}
          </div>
        )}
        {entries.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keyboard
          <div
            key={entry.id}
            id={`${list}-${entry.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className={styles.entry}
            onClick={() => run(entry)}
          >
            <span>{entry.label}</span>
            <span className={styles.hint}>{entry.hint ?? entry.group}</span>
          </div>
        ))}
      </div>
    </Dialog>
  );
}

function useCommands(role: Role, typed: string): Entry[] {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const pages = PAGES.filter(({ roles }) => roles.includes(role)).map(
    ({ name }): Entry => ({
      id: name,
      group: t('shell.palette.goTo'),
      label: t(`shell.pages.${name}`),
      run: () => navigate(`/${name}`),
    }),
  );
  const themes = (['light', 'dark', 'auto'] as const).map(
    (theme): Entry => ({
      id: theme,
      group: t('shell.palette.commands'),
      label: `${t('shell.theme')}: ${t(`shell.themes.${theme}`)}`,
      run: () => setColorScheme(theme),
    }),
  );
  const out: Entry = {
    id: 'out',
    group: t('shell.palette.commands'),
    label: t('shell.signOut'),
    run: signOut,
  };
  const wanted = typed.trim().toLowerCase();
  return [...pages, ...themes, out].filter(({ label }) => label.toLowerCase().includes(wanted));
}

function useSessions(role: Role, typed: string): Entry[] {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const [wanted] = useDebouncedValue(typed.trim(), 150);
  const { data = [] } = useQuery({
    queryKey: ['sessions', 'palette', wanted],
    queryFn: ({ signal }) => get('/sessions', { query: { q: wanted, limit: MAX_SESSIONS }, signal }),
    enabled: wanted !== '' && role !== 'worker',
    placeholderData: keepPreviousData,
  });
  if (typed.trim() === '') return [];
  return data.map(({ id, name, phone_number }) => ({
    id: `session-${id}`,
    group: t('shell.palette.sessions'),
    label: name,
    hint: phone_number ?? t('shell.palette.sessions'),
    run: () => navigate(`/sessions/${id}`),
  }));
}
