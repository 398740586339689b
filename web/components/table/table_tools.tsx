import { Button, CloseButton, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../icons.js';
import styles from './table.module.css';
import type { TableState } from './table_state.js';

/** How long to wait for more to be typed, in milliseconds. */
const TYPING_MS = 150;

interface TableToolsProps<Filter extends string> {
  readonly state: TableState<Filter>;
  /** What can be searched for. */
  readonly searchLabel: string;
  /** Selects of filters. */
  readonly children?: ReactNode;
}

/** The search field of a table, which `/` jumps to, and its filters. */
export function TableTools<Filter extends string>({ state, searchLabel, children }: TableToolsProps<Filter>) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(state.q);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is typed leads, except after Back and Clear
  useEffect(() => {
    if (state.q !== typed.trim()) setTyped(state.q);
  }, [state.q]);
  const search = useDebouncedCallback((q: string) => state.set({ q }), TYPING_MS);
  const type = (text: string) => {
    setTyped(text);
    search(text.trim());
  };
  return (
    <search className={styles.tools}>
      <TextInput
        className={styles.search}
        data-search
        type="search"
        aria-label={searchLabel}
        placeholder={searchLabel}
        leftSection={<Icon name="search" size={16} />}
        rightSection={
          typed && <CloseButton size="sm" aria-label={t('common.clear')} onClick={() => type('')} />
        }
        value={typed}
        onChange={({ currentTarget }) => type(currentTarget.value)}
      />
      {children}
      {state.isNarrowed && (
        <Button
          variant="subtle"
          size="compact-sm"
          onClick={() => state.set({ q: '', filters: cleared(state) })}
        >
          {t('common.clearFilters')}
        </Button>
      )}
    </search>
  );
}

function cleared<Filter extends string>({ filters }: TableState<Filter>): Partial<Record<Filter, string>> {
  return Object.fromEntries(Object.keys(filters).map((name) => [name, ''])) as Partial<
    Record<Filter, string>
  >;
}

interface FilterSelectProps<Filter extends string> {
  readonly state: TableState<Filter>;
  readonly name: Filter;
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

/** A filter with a few values. */
export function FilterSelect<Filter extends string>({
  state,
  name,
  label,
  options,
}: FilterSelectProps<Filter>) {
  const { t } = useTranslation();
  const value = state.filters[name] ?? '';
  const known = value === '' || options.some((option) => option.value === value);
  return (
    <NativeSelect
      aria-label={label}
      value={value}
      data={[
        { value: '', label: `${label}: ${t('common.all')}` },
        ...(known ? [] : [{ value, label: value }]),
        ...options,
      ]}
      onChange={({ currentTarget }) =>
        state.set({ filters: { [name]: currentTarget.value } as Partial<Record<Filter, string>> })
      }
    />
  );
}
