import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Answer, getPage } from '../../api/client.js';
import { Badge, type Tone } from '../../components/badge.js';
import { EmptyState, NothingFound } from '../../components/empty_state.js';
import { Icon } from '../../components/icons.js';
import { onDemand } from '../../components/on_demand.js';
import { Page } from '../../components/page.js';
import { Problem } from '../../components/problem.js';
import { type Column, DataTable } from '../../components/table/data_table.js';
import { useTableState } from '../../components/table/table_state.js';
import { FilterSelect, TableTools } from '../../components/table/table_tools.js';
import { Ago, Day, useNow } from '../../components/time.js';
import { useFormat } from '../../i18n/format.js';
import styles from './keys.module.css';

const NewKey = onDemand(async () => (await import('./dialogs/new_key.js')).NewKey);
const RevokeKey = onDemand(async () => (await import('./dialogs/revoke_key.js')).RevokeKey);

/** A key, without its secret. */
export type Key = Answer<'get', '/keys'>[number];

const ROLE_TONES = { admin: 'odd', monitor: 'calm', worker: 'busy' } as const satisfies Record<
  Key['role'],
  Tone
>;

/** The keys in the database. */
export function KeysPage() {
  const { t } = useTranslation();
  const state = useTableState({ filters: ['role'], sort: 'name' });
  const [isCreating, setCreating] = useState(false);
  const [revoked, setRevoked] = useState<Key | null>(null);
  const columns = useKeyColumns(setRevoked);
  const { data, error, refetch } = useQuery({
    queryKey: ['keys', 'list', state.query],
    queryFn: ({ signal }) => getPage('/keys', { query: state.query, signal }),
    placeholderData: keepPreviousData,
  });
  const create = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setCreating(true)}>
      {t('keys.create')}
    </Button>
  );
  return (
    <Page title={t('shell.pages.keys')} actions={data && data.total > 0 && create}>
      <TableTools state={state} searchLabel={t('keys.search')}>
        <FilterSelect
          state={state}
          name="role"
          label={t('keys.column.role')}
          options={(['worker', 'monitor', 'admin'] as const).map((value) => ({
            value,
            label: t(`shell.roles.${value}`),
          }))}
        />
      </TableTools>
      {error && <Problem error={error} onRetry={refetch} />}
      <DataTable
        label={t('shell.pages.keys')}
        columns={columns}
        page={data}
        state={state}
        rowName={({ name }) => name}
        empty={
          state.isNarrowed ? (
            <NothingFound />
          ) : (
            <EmptyState title={t('keys.empty.title')}>
              <p>{t('keys.empty.text')}</p>
              {create}
            </EmptyState>
          )
        }
      />
      <p className={styles.quiet}>{t('keys.bootstrap')}</p>
      {isCreating && <NewKey onClose={() => setCreating(false)} />}
      {revoked && <RevokeKey apiKey={revoked} onClose={() => setRevoked(null)} />}
    </Page>
  );
}

function useKeyColumns(onRevoke: (key: Key) => void): Column<Key>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    { id: 'name', header: t('keys.column.name'), sort: 'name', cell: ({ name }) => <strong>{name}</strong> },
    {
      id: 'role',
      header: t('keys.column.role'),
      sort: 'role',
      cell: ({ role }) => <Badge tone={ROLE_TONES[role]}>{t(`shell.roles.${role}`)}</Badge>,
    },
    { id: 'tags', header: t('keys.column.tags'), minor: true, cell: ({ tags }) => tags.join(', ') },
    {
      id: 'leases',
      header: t('keys.column.leases'),
      right: true,
      minor: true,
      cell: ({ max_leases }) => (max_leases === null ? t('keys.unlimited') : format.number(max_leases)),
    },
    {
      id: 'expires',
      header: t('keys.column.expires'),
      sort: 'expires_at',
      minor: true,
      cell: ({ expires_at }) => <Expiry at={expires_at} />,
    },
    {
      id: 'created',
      header: t('keys.column.created'),
      sort: 'created_at',
      minor: true,
      cell: ({ created_at }) => <Day at={created_at} />,
    },
    {
      id: 'actions',
      header: t('keys.column.actions'),
      right: true,
      stays: true,
      cell: (key) => (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={t('keys.revokeNamed', { name: key.name })}
          onClick={() => onRevoke(key)}
        >
          {t('keys.revoke')}
        </Button>
      ),
    },
  ];
}

function Expiry({ at }: { readonly at: string | null }) {
  const { t } = useTranslation();
  const now = useNow();
  if (at === null) return t('common.never');
  if (Date.parse(at) <= now) return <Badge tone="bad">{t('keys.expired')}</Badge>;
  return <Ago at={at} />;
}
