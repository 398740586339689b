import { Kbd } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import type { Role } from '../api/identity.js';
import { Icon } from '../components/icons.js';
import { onDemand } from '../components/on_demand.js';
import styles from './desk.module.css';

const Palette = onDemand(async () => (await import('./palette.js')).Palette);

/** Opens the command palette, as does Ctrl-K; `/` goes to the search field of the page, or opens it too. */
export function PaletteButton({ role }: { readonly role: Role }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const [path] = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: it does not stay open over another page
  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const isPalette = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k';
      const isSearch =
        event.key === '/' && !isTyping(event.target) && !document.querySelector('[role=dialog]');
      if (!isPalette && !isSearch) return;
      event.preventDefault();
      const field = isSearch
        ? document.querySelector<HTMLInputElement>('main [data-search] input, main input[data-search]')
        : null;
      if (field) field.focus();
      else setOpen(true);
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
  return (
    <>
      <button type="button" className={styles.palette} onClick={() => setOpen(true)}>
        <Icon name="search" size={16} />
        <span>{t('shell.palette.open')}</span>
        <Kbd size="xs">Ctrl K</Kbd>
      </button>
      {isOpen && <Palette role={role} onClose={() => setOpen(false)} />}
    </>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
  );
}
