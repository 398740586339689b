import { ActionIcon, NativeSelect, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.js';
import { Icon } from '../icons.js';
import styles from './table.module.css';
import { PAGE_SIZES, type TableState } from './table_state.js';

interface PagerProps<Filter extends string> {
  readonly total: number | undefined;
  readonly state: TableState<Filter>;
}

/** Which part of a list is shown, and the way to the others. */
export function Pager<Filter extends string>({ total = 0, state }: PagerProps<Filter>) {
  const { t } = useTranslation();
  const format = useFormat();
  const { page, perPage } = state;
  const from = Math.min(page * perPage + 1, total);
  const to = Math.min((page + 1) * perPage, total);
  const pages = Math.ceil(total / perPage);
  const go = (next: number) => {
    state.set({ page: next });
    window.scrollTo({ top: 0 });
  };
  return (
    <nav className={styles.pager} aria-label={t('common.pages')}>
      <output>
        {t('common.range', { from: format.number(from), to: format.number(to), total: format.number(total) })}
      </output>
      <NativeSelect
        size="xs"
        aria-label={t('common.perPage')}
        value={perPage}
        data={[...new Set([...PAGE_SIZES, perPage])].sort((a, b) => a - b).map(String)}
        onChange={({ currentTarget }) => state.set({ perPage: Number(currentTarget.value) })}
      />
      <ActionIcon
        variant="default"
        aria-label={t('common.previous')}
        disabled={page === 0}
        onClick={() => go(page - 1)}
      >
        <Icon name="left" />
      </ActionIcon>
      {pages > 2 && <PageField page={page} pages={pages} onGo={go} />}
      <ActionIcon
        variant="default"
        aria-label={t('common.next')}
        disabled={to >= total}
        onClick={() => go(page + 1)}
      >
        <Icon name="right" />
      </ActionIcon>
    </nav>
  );
}

interface PageFieldProps {
  readonly page: number;
  readonly pages: number;
  readonly onGo: (page: number) => void;
}

/** The number of the page, which goes to another where it is typed. */
function PageField({ page, pages, onGo }: PageFieldProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [typed, setTyped] = useState(String(page + 1));
  useEffect(() => setTyped(String(page + 1)), [page]);
  const go = () => {
    const wanted = Number(typed);
    if (Number.isInteger(wanted) && wanted >= 1 && wanted <= pages) onGo(wanted - 1);
    else setTyped(String(page + 1));
  };
  return (
    <form
      className={styles.pageField}
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
    >
      <TextInput
        size="xs"
        inputMode="numeric"
        aria-label={t('common.page')}
        value={typed}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        onBlur={() => setTyped(String(page + 1))}
      />
      <span>/ {format.number(pages)}</span>
    </form>
  );
}
