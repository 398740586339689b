import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { type Answer, getPage } from '../../api/client.js';
import { Badge } from '../../components/badge.js';
import { EmptyState, NothingFound } from '../../components/empty_state.js';
import { Page } from '../../components/page.js';
import { Problem } from '../../components/problem.js';
import { type Column, DataTable } from '../../components/table/data_table.js';
import { useTableState } from '../../components/table/table_state.js';
import { FilterSelect, TableTools } from '../../components/table/table_tools.js';
import { When } from '../../components/time.js';
import { ACTIONS, isAction, wordsOf } from './audit_actions.js';

type Entry = Answer<'get', '/audit'>[number];

const FILTERS = ['action', 'outcome', 'object', 'key'] as const;

/** What admins did, newest first. */
export function AuditPage() {
  const { t } = useTranslation();
  const state = useTableState({ filters: FILTERS, sort: '-at' });
  const columns = useAuditColumns();
  const { data, error, refetch } = useQuery({
    queryKey: ['audit', 'list', state.query],
    queryFn: ({ signal }) => getPage('/audit', { query: state.query, signal }),
    placeholderData: keepPreviousData,
  });
  return (
    <Page title={t('shell.pages.audit')}>
      <TableTools state={state} searchLabel={t('audit.search')}>
        <FilterSelect
          state={state}
          name="action"
          label={t('audit.column.action')}
          options={ACTIONS.map((value) => ({ value, label: t(`audit.action.${wordsOf(value)}`) }))}
        />
        <FilterSelect
          state={state}
          name="outcome"
          label={t('audit.column.outcome')}
          options={(['done', 'failed'] as const).map((value) => ({
            value,
            label: t(`audit.outcome.${value}`),
          }))}
        />
      </TableTools>
      {error && <Problem error={error} onRetry={refetch} />}
      <DataTable
        label={t('shell.pages.audit')}
        columns={columns}
        page={data}
        state={state}
        rowName={({ action, at }) => `${action} ${at}`}
        empty={
          state.isNarrowed ? (
            <NothingFound />
          ) : (
            <EmptyState title={t('audit.empty.title')}>
              <p>{t('audit.empty.text')}</p>
            </EmptyState>
          )
        }
      />
    </Page>
  );
}

function useAuditColumns(): Column<Entry>[] {
  const { t } = useTranslation();
  return [
    {
      id: 'at',
      header: t('audit.column.at'),
      sort: 'at',
      cell: ({ at }) => <When at={at} />,
    },
    {
      id: 'key',
      header: t('audit.column.key'),
      minor: true,
      cell: ({ key, key_name }) => <span title={key}>{key_name}</span>,
    },
    {
      id: 'action',
      header: t('audit.column.action'),
      cell: ({ action }) => (
        <span title={action}>{isAction(action) ? t(`audit.action.${wordsOf(action)}`) : action}</span>
      ),
    },
    {
      id: 'object',
      header: t('audit.column.object'),
      cell: ({ object }) => object && <ObjectLink object={object} />,
    },
    {
      id: 'outcome',
      header: t('audit.column.outcome'),
      minor: true,
      cell: ({ outcome }) => (
        <Badge tone={outcome === 'done' ? 'good' : 'bad'} title={t(`audit.meaning.${outcome}`)}>
          {t(`audit.outcome.${outcome}`)}
        </Badge>
      ),
    },
    {
      id: 'address',
      header: t('audit.column.address'),
      minor: true,
      cell: ({ address }) => address ?? t('audit.commandLine'),
    },
    {
      id: 'request',
      header: t('audit.column.request'),
      minor: true,
      cell: ({ request_id }) => request_id?.slice(0, 8),
    },
  ];
}

const PAGE_OF: Readonly<Record<string, string>> = { session: '/sessions', source: '/sources', run: '/runs' };

const KINDS = ['session', 'source', 'run', 'key', 'tag'] as const;

function isKind(kind: string): kind is (typeof KINDS)[number] {
  return KINDS.some((known) => known === kind);
}

/** Of an object without words, such as a login. */
const MAX_LENGTH = 14;

/** `session:42`: a link, where it has a page. */
function ObjectLink({ object }: { readonly object: string }) {
  const { t } = useTranslation();
  const [, kind = '', id = ''] = /^(\w+):(.*)$/.exec(object) ?? [];
  if (!isKind(kind)) return <span title={object}>{object.slice(0, MAX_LENGTH)}</span>;
  const name = t(`audit.object.${kind}`, { id });
  const page = PAGE_OF[kind];
  return page ? <Link to={`${page}/${id}`}>{name}</Link> : name;
}
