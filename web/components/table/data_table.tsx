import { Checkbox, Skeleton, Table, VisuallyHidden } from '@mantine/core';
import { rowSelectionFeature, rowSortingFeature, tableFeatures, useTable } from '@tanstack/react-table';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Page } from '../../api/client.js';
import { Icon } from '../icons.js';
import { Pager } from './pager.js';
import styles from './table.module.css';
import type { TableState } from './table_state.js';

/** A column of a table. */
export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /** What the API sorts by; without it, the column cannot be sorted by. */
  readonly sort?: string;
  /** Left out where there is little room. */
  readonly minor?: boolean;
  /** For numbers. */
  readonly right?: boolean;
  /** It stays in sight where the others do not fit: for actions, as the last one. */
  readonly stays?: boolean;
}

interface DataTableProps<Row, Filter extends string> {
  /** What the rows are, for screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  /** Undefined: not here yet. */
  readonly page: Page<Row> | undefined;
  readonly state: TableState<Filter>;
  readonly rowName: (row: Row) => string;
  /** The rows that are chosen, on all pages; without it, none can be. */
  readonly selection?: Selection;
  /** Shown instead of no rows. */
  readonly empty: ReactNode;
}

/** Which rows are chosen, by their ids. */
export interface Selection {
  readonly ids: ReadonlySet<number>;
  set(ids: ReadonlySet<number>): void;
}

const features = tableFeatures({ rowSelectionFeature, rowSortingFeature });

/** A page of a list that the service sorts, filters and cuts into pages. */
export function DataTable<Row extends { readonly id: number }, Filter extends string>(
  props: DataTableProps<Row, Filter>,
) {
  const { label, columns, page, state, rowName, selection, empty } = props;
  const { t } = useTranslation();
  const table = useRows(props);
  usePageInRange(page, state);
  if (page && page.total === 0) return empty;
  const columnOf = (id: string) => columns.find((column) => column.id === id);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className={styles.scroll} aria-label={label} tabIndex={0}>
        <Table className={styles.table} aria-label={label} aria-busy={!page} highlightOnHover>
          <Table.Thead>
            {table.getHeaderGroups().map((group) => (
              <Table.Tr key={group.id}>
                {selection && (
                  <Table.Th className={styles.choose}>
                    <Checkbox
                      size="xs"
                      aria-label={t('common.selectAll')}
                      checked={table.getIsAllRowsSelected()}
                      indeterminate={table.getIsSomeRowsSelected() && !table.getIsAllRowsSelected()}
                      onChange={table.getToggleAllRowsSelectedHandler()}
                    />
                  </Table.Th>
                )}
                {group.headers.map(({ id, column }) => (
                  <HeaderCell
                    key={id}
                    column={columnOf(column.id)}
                    sort={state.sort}
                    onSort={(sort) => state.set({ sort })}
                  />
                ))}
              </Table.Tr>
            ))}
          </Table.Thead>
          <Table.Tbody>
            {!page && <Waiting columns={columns.length + (selection ? 1 : 0)} />}
            {table.getRowModel().rows.map((row) => (
              <Table.Tr key={row.id} data-selected={row.getIsSelected() || undefined}>
                {selection && (
                  <Table.Td className={styles.choose}>
                    <Checkbox
                      size="xs"
                      aria-label={t('common.selectRow', { name: rowName(row.original) })}
                      checked={row.getIsSelected()}
                      onChange={row.getToggleSelectedHandler()}
                    />
                  </Table.Td>
                )}
                {row.getAllCells().map((cell) => (
                  <Table.Td key={cell.id} className={classOf(columnOf(cell.column.id))}>
                    <table.FlexRender cell={cell} />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
      <Pager total={page?.total} state={state} />
    </>
  );
}

/** The last page instead of one beyond it: there are fewer rows since, or the address is old. */
function usePageInRange<Row, Filter extends string>(
  page: Page<Row> | undefined,
  { perPage, set }: TableState<Filter>,
): void {
  const isBeyond = page !== undefined && page.rows.length === 0 && page.total > 0;
  const last = isBeyond ? Math.ceil(page.total / perPage) - 1 : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each page that is beyond
  useEffect(() => {
    if (last !== null) set({ page: last });
  }, [last]);
}

/** The rows of a page, and which of them are chosen. */
function useRows<Row extends { readonly id: number }, Filter extends string>({
  columns,
  page,
  state,
  selection,
}: DataTableProps<Row, Filter>) {
  return useTable({
    features,
    data: page?.rows ?? NO_ROWS,
    columns: columns.map(({ id, header, cell, sort }) => ({
      ...{ id, header, enableSorting: sort !== undefined },
      accessorFn: (row: Row) => row.id,
      cell: ({ row }: { readonly row: { readonly original: Row } }) => cell(row.original),
    })),
    getRowId: ({ id }) => String(id),
    state: {
      rowSelection: Object.fromEntries([...(selection?.ids ?? [])].map((id) => [id, true])),
      sorting: sortingOf(state.sort, columns),
    },
    manualSorting: true,
    onRowSelectionChange(update) {
      const before = Object.fromEntries([...(selection?.ids ?? [])].map((id) => [id, true as const]));
      const after = typeof update === 'function' ? update(before) : update;
      selection?.set(new Set(Object.keys(after).map(Number)));
    },
  });
}

const NO_ROWS: never[] = [];

function sortingOf<Row>(sort: string, columns: readonly Column<Row>[]) {
  const column = columns.find((one) => one.sort !== undefined && one.sort === sort.replace(/^-/, ''));
  return column ? [{ id: column.id, desc: sort.startsWith('-') }] : [];
}

function classOf<Row>(column: Column<Row> | undefined): string {
  return [column?.minor && styles.minor, column?.right && styles.right, column?.stays && styles.stay]
    .filter(Boolean)
    .join(' ');
}

interface HeaderCellProps<Row> {
  readonly column: Column<Row> | undefined;
  readonly sort: string;
  readonly onSort: (sort: string) => void;
}

function HeaderCell<Row>({ column, sort, onSort }: HeaderCellProps<Row>) {
  const { t } = useTranslation();
  if (!column) return null;
  const { header, sort: name } = column;
  if (name === undefined)
    return (
      <Table.Th className={classOf(column)}>
        {column.stays ? <VisuallyHidden>{header}</VisuallyHidden> : header}
      </Table.Th>
    );
  const way = sort === name ? 'ascending' : sort === `-${name}` ? 'descending' : 'none';
  return (
    <Table.Th className={classOf(column)} aria-sort={way}>
      <button
        type="button"
        className={styles.sort}
        title={t('common.sortBy', { column: header })}
        onClick={() => onSort(way === 'ascending' ? `-${name}` : name)}
      >
        {header}
        <span className={styles.way}>
          {way !== 'none' && <Icon name={way === 'ascending' ? 'up' : 'down'} size={14} />}
        </span>
      </button>
    </Table.Th>
  );
}

const WAITING_ROWS = 8;

function Waiting({ columns }: { readonly columns: number }) {
  return Array.from({ length: WAITING_ROWS }, (_, row) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: they have nothing else, and never move
    <Table.Tr key={row}>
      <Table.Td colSpan={columns}>
        <Skeleton height={14} radius="sm" />
      </Table.Td>
    </Table.Tr>
  ));
}
