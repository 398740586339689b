import { TextInput, useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { type Answer, get } from '../api/client.js';
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

/** The most sessions, and the most sources. */
const MAX_FOUND = 6;

/** Finds pages, sessions, sources and commands by what is typed. */
export function Palette({ role, onClose }: { readonly role: Role; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const list = useId();
  const { found, isLooking } = useFound(role, typed);
  const entries = [...useCommands(role, typed), ...found];
  const chosenId = entries[chosen] && `${list}-${entries[chosen].id}`;
  useEffect(() => {
    if (chosenId) document.getElementById(chosenId)?.scrollIntoView({ block: 'nearest' });
  }, [chosenId]);
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
        aria-activedescendant={chosenId}
        aria-label={t('shell.palette.placeholder')}
        placeholder={t('shell.palette.placeholder')}
        value={typed}
        onChange={({ currentTarget }) => {
          setTyped(currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={press}
      />
      <div
        id={list}
        role="listbox"
        aria-label={t('shell.palette.title')}
        aria-busy={isLooking}
        className={styles.list}
      >
        {entries.length === 0 && !isLooking && (
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

/** Sessions and sources that contain what is typed, and whether the service has not answered for it yet. */
function useFound(role: Role, typed: string): { readonly found: Entry[]; readonly isLooking: boolean } {
  const text = typed.trim();
  const [wanted] = useDebouncedValue(text, 150);
  const query = { q: wanted, limit: MAX_FOUND };
  const asked = {
    enabled: wanted !== '' && role !== 'worker',
    placeholderData: <Data,>(before: Data | undefined) => before,
  };
  const sessions = useQuery({
    ...asked,
    queryKey: ['sessions', 'palette', wanted],
    queryFn: ({ signal }) => get('/sessions', { query, signal }),
  });
  const sources = useQuery({
    ...asked,
    queryKey: ['sources', 'palette', wanted],
    queryFn: ({ signal }) => get('/sources', { query, signal }),
  });
  const entries = [...useSessionEntries(sessions.data), ...useSourceEntries(sources.data)];
  const isOld = text !== wanted || sessions.isPlaceholderData || sources.isPlaceholderData;
  if (text === '') return { found: [], isLooking: false };
  const matches = ({ label, hint = '' }: Entry) =>
    `${label} ${hint}`.toLowerCase().includes(text.toLowerCase());
  return {
    // Whoever types on and presses Enter does not mean what only matched before.
    found: isOld ? entries.filter(matches) : entries,
    isLooking: role !== 'worker' && (isOld || sessions.isLoading || sources.isLoading),
  };
}

function useSessionEntries(sessions: Answer<'get', '/sessions'> = []): Entry[] {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  return sessions.map(({ id, name, phone_number }) => ({
    id: `session-${id}`,
    group: t('shell.palette.sessions'),
    label: name,
    hint: phone_number ?? t('shell.palette.sessions'),
    run: () => navigate(`/sessions/${id}`),
  }));
}

function useSourceEntries(sources: Answer<'get', '/sources'> = []): Entry[] {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  return sources.map(({ id, name, identifier }) => ({
    id: `source-${id}`,
    group: t('shell.palette.sources'),
    label: name,
    hint: identifier,
    run: () => navigate(`/sources/${id}`),
  }));
}
