import { useSearchParams } from 'wouter';

/** What a table shows: kept in the address, so that it can be linked to, and Back returns to it. */
export interface TableState<Filter extends string> {
  readonly q: string;
  /** As the API has it: a name, with `-` in front the other way round; empty: unsorted. */
  readonly sort: string;
  /** From 0. */
  readonly page: number;
  readonly perPage: number;
  readonly filters: Readonly<Partial<Record<Filter, string>>>;
  /** Whether a search or filter is set. */
  readonly isNarrowed: boolean;
  /** What the API is asked for. */
  readonly query: Readonly<Record<string, string | number>>;
  set(change: TableChange<Filter>): void;
}

export interface TableChange<Filter extends string> {
  readonly q?: string;
  readonly sort?: string;
  readonly page?: number;
  readonly perPage?: number;
  readonly filters?: Readonly<Partial<Record<Filter, string>>>;
}

export const PAGE_SIZES = [25, 50, 100, 200] as const;
const USUAL_PAGE_SIZE = 50;

interface Defaults<Filter extends string> {
  /** The names of the filters, as the API has them. */
  readonly filters?: readonly Filter[];
  readonly sort?: string;
}

/** The table of this page. A change of anything but the page returns to the first page. */
export function useTableState<Filter extends string = never>(
  defaults: Defaults<Filter> = {},
): TableState<Filter> {
  const [params, setParams] = useSearchParams();
  const names = defaults.filters ?? [];
  const q = params.get('q') ?? '';
  const sort = params.get('sort') ?? defaults.sort ?? '';
  const page = whole(params.get('page'), 1) - 1;
  const perPage = Math.min(whole(params.get('size'), USUAL_PAGE_SIZE), 1000);
  const given = names.flatMap((name) => (params.get(name) ? [[name, params.get(name)]] : []));
  const filters = Object.fromEntries(given) as TableState<Filter>['filters'];
  return {
    ...{ q, sort, page, perPage, filters },
    isNarrowed: q !== '' || given.length > 0,
    query: { skip: page * perPage, limit: perPage, ...(q && { q }), ...(sort && { sort }), ...filters },
    set: (change) => setParams((before) => changed(before, change, defaults.sort), { replace: true }),
  };
}

function changed<Filter extends string>(
  before: URLSearchParams,
  { q, sort, page, perPage, filters }: TableChange<Filter>,
  usualSort = '',
): URLSearchParams {
  const after = new URLSearchParams(before);
  const put = (name: string, value: string, usual = '') =>
    value === usual ? after.delete(name) : after.set(name, value);
  if (q !== undefined) put('q', q);
  if (sort !== undefined) put('sort', sort, usualSort);
  if (perPage !== undefined) put('size', String(perPage), String(USUAL_PAGE_SIZE));
  for (const [name, value] of Object.entries(filters ?? {})) put(name, String(value ?? ''));
  put('page', String((page ?? 0) + 1), '1');
  return after;
}

function whole(text: string | null, usual: number): number {
  const value = Number(text ?? usual);
  return Number.isInteger(value) && value >= 1 ? value : usual;
}
