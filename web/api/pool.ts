import { useQuery } from '@tanstack/react-query';
import { type Answer, get } from './client.js';

export type PoolStatus = Answer<'get', '/status'>;
export type StatusHistory = Answer<'get', '/status/history'>;
export type StatusPoint = StatusHistory['points'][number];

/** The counts of the pool: they come with events or, without those, by asking again and again (`events.ts`). */
export function usePoolStatus() {
  return useQuery({
    queryKey: ['status'],
    queryFn: ({ signal }) => get('/status', { signal }),
    enabled: false,
  });
}
