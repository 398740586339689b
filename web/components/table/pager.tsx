import { ActionIcon, NativeSelect } from '@mantine/core';
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
