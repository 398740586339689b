import { ActionIcon, Code } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { type Answer, getPage, send } from '../../api/client.js';
import { holderName } from '../../api/holders.js';
import { useIsAdmin } from '../../api/identity.js';
import { outdated } from '../../api/queries.js';
import { ConfirmDialog } from '../../components/dialog.js';
import { EmptyState, NothingFound } from '../../components/empty_state.js';
import { Icon } from '../../components/icons.js';
import { Page } from '../../components/page.js';
import { Problem } from '../../components/problem.js';
import { type Column, DataTable } from '../../components/table/data_table.js';
import { useTableState } from '../../components/table/table_state.js';
import { TableTools } from '../../components/table/table_tools.js';
import { Ago, Left } from '../../components/time.js';
import { toast } from '../../components/toasts.js';
import { useFormat } from '../../i18n/format.js';

/** A lease; its id for tables is that of its session. */
type Lease = Answer<'get', '/leases'>[number] & { readonly id: number };

/** Renewals of leases and their traffic are told by no event: asked for this often, in milliseconds. */
const ASK_MS = 5000;

/** Who holds which session, and for how long yet. */
export function LeasesPage() {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  const state = useTableState({ filters: ['holder'], sort: 'leased_at' });
  const [ending, setEnding] = useState<Lease | null>(null);
  const columns = useLeaseColumns(isAdmin ? setEnding : null);
  const { data, error, refetch } = useQuery({
    queryKey: ['leases', 'list', state.query],
    async queryFn({ signal }) {
      const { rows, total } = await getPage('/leases', { query: state.query, signal });
      return { rows: rows.map((lease): Lease => ({ ...lease, id: lease.session_id })), total };
    },
    placeholderData: keepPreviousData,
    refetchInterval: ASK_MS,
  });
  return (
    <Page title={t('shell.pages.leases')}>
      <TableTools state={state} searchLabel={t('leases.search')} />
      {error && <Problem error={error} onRetry={refetch} />}
      <DataTable
        label={t('shell.pages.leases')}
        columns={columns}
        page={data}
        state={state}
        rowName={({ session_name }) => session_name}
        empty={state.isNarrowed ? <NothingFound /> : <NothingLeased />}
      />
      {ending && <EndLease lease={ending} onClose={() => setEnding(null)} />}
    </Page>
  );
}

function useLeaseColumns(onEnd: ((lease: Lease) => void) | null): Column<Lease>[] {
  const { t } = useTranslation();
  const end: Column<Lease> = {
    id: 'actions',
    header: t('leases.column.actions'),
    right: true,
    stays: true,
    cell: (lease) => (
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t('leases.endNamed', { name: lease.session_name })}
        title={t('leases.end')}
        onClick={() => onEnd?.(lease)}
      >
        <Icon name="close" />
      </ActionIcon>
    ),
  };
  return [
    {
      id: 'session',
      header: t('leases.column.session'),
      sort: 'session_name',
      cell: ({ session_id, session_name }) => <Link to={`/sessions/${session_id}`}>{session_name}</Link>,
    },
    { id: 'holder', header: t('leases.column.holder'), sort: 'holder', cell: holderName },
    { id: 'address', header: t('leases.column.address'), minor: true, cell: ({ address }) => address },
    {
      id: 'since',
      header: t('leases.column.since'),
      sort: 'leased_at',
      minor: true,
      cell: ({ leased_at }) => <Ago at={leased_at} />,
    },
    {
      id: 'left',
      header: t('leases.column.left'),
      sort: 'expires_at',
      cell: ({ expires_at }) => <Left until={expires_at} />,
    },
    {
      id: 'renewed',
      header: t('leases.column.renewed'),
      minor: true,
      cell: ({ renewed }) => t(renewed ? 'common.yes' : 'common.no'),
    },
    {
      id: 'egress',
      header: t('leases.column.egress'),
      minor: true,
      cell: ({ egress }) => egress && <Egress {...egress} />,
    },
    ...(onEnd ? [end] : []),
  ];
}

/** What goes through the egress fence. */
function Egress({ connections, bytes_up, bytes_down }: NonNullable<Lease['egress']>) {
  const { t } = useTranslation();
  const { bytes } = useFormat();
  return t('leases.egress', { count: connections, up: bytes(bytes_up), down: bytes(bytes_down) });
}

function EndLease({ lease, onClose }: { readonly lease: Lease; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { session_id, session_name, lease_id } = lease;
  const end = async () => {
    await send('post', '/release', { body: { session_id, ...(lease_id && { lease_id }) } });
    outdated('leases', 'sessions', 'status');
    toast(t('leases.ended', { name: session_name }));
  };
  return (
    <ConfirmDialog
      isDangerous
      title={t('leases.endTitle', { name: session_name })}
      action={t('leases.end')}
      onConfirm={end}
      onClose={onClose}
    >
      <p>{t('leases.endText', { holder: holderName(lease) })}</p>
    </ConfirmDialog>
  );
}

function NothingLeased() {
  const { t } = useTranslation();
  return (
    <EmptyState title={t('leases.empty.title')}>
      <p>{t('leases.empty.text')}</p>
      <Code block>{`curl -H "X-API-Key: $KEY" ${location.origin}/session`}</Code>
    </EmptyState>
  );
}
