import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './errors.js';

const RETRIES = 2;

/** What is asked of the service and kept: everything else is invalidated by events. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      gcTime: 5 * 60_000,
      retry: (failures, error) => !(error instanceof ApiError) && failures < RETRIES,
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});

/** The kinds of objects whose changes the service tells; the first part of each query's key. */
export type Kind =
  | 'status'
  | 'activity'
  | 'upcoming'
  | 'waiting'
  | 'sessions'
  | 'leases'
  | 'sources'
  | 'runs'
  | 'keys'
  | 'audit'
  | 'settings';

/** Marks what is shown of these kinds as outdated: what is on the page is asked for again. */
export function outdated(...kinds: readonly Kind[]): void {
  for (const kind of kinds) void queryClient.invalidateQueries({ queryKey: [kind] });
}
