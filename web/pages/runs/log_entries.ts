import { useQuery } from '@tanstack/react-query';
import { type Answer, getPage } from '../../api/client.js';
import { queryClient } from '../../api/queries.js';
import { isGoingOn, type Run } from '../../api/runs.js';

export type Entry = Answer<'get', '/runs/{id}/logs'>[number];
export type Level = Entry['level'];

/** Entries that match, oldest first: the newest of them, as far as they were asked for. */
export interface Log {
  readonly entries: readonly Entry[];
  readonly total: number;
}

/** The most entries that are shown: earlier ones are found by a search. */
export const MAX_ENTRIES = 3000;

/** The most that one request answers. */
const MAX_PER_REQUEST = 1000;

const FOLLOW_MS = 2000;

interface Wanted {
  readonly levels: readonly Level[];
  readonly q: string;
}

interface Filter {
  readonly level?: Level[];
  readonly q?: string;
}

/** The newest entries, `most` at first; then only what was added since is asked for, while the run goes on. */
export function useLog(run: Run, { levels, q }: Wanted, most: number) {
  const key = ['runs', run.id, 'log', levels, q, most] as const;
  const filter: Filter = { ...(levels.length > 0 && { level: [...levels] }), ...(q && { q }) };
  return useQuery({
    queryKey: key,
    async queryFn({ signal }): Promise<Log> {
      const known = queryClient.getQueryData<Log>(key);
      const last = known?.entries.at(-1);
      if (!known || !last) return newest(run.id, filter, most, signal);
      const { rows } = await getPage('/runs/{id}/logs', {
        path: { id: run.id },
        query: { ...filter, after: last.id, limit: MAX_PER_REQUEST },
        signal,
      });
      if (rows.length === 0) return known;
      return { entries: [...known.entries, ...rows].slice(-MAX_ENTRIES), total: known.total + rows.length };
    },
    placeholderData: (before) => before,
    refetchInterval: isGoingOn(run) ? FOLLOW_MS : false,
  });
}

async function newest(id: number, filter: Filter, most: number, signal: AbortSignal): Promise<Log> {
  // Those that are added meanwhile move others to the next part.
  const found = new Map<number, Entry>();
  let total = most;
  for (let skip = 0; skip < Math.min(most, total); skip += MAX_PER_REQUEST) {
    const limit = Math.min(MAX_PER_REQUEST, most - skip);
    const query = { ...filter, sort: '-id' as const, skip, limit };
    const part = await getPage('/runs/{id}/logs', { path: { id }, query, signal });
    for (const entry of part.rows) found.set(entry.id, entry);
    total = part.total;
  }
  return { entries: [...found.values()].toReversed(), total };
}
