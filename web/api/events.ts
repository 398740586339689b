import { bulkProgress } from './bulk.js';
import { address, get } from './client.js';
import { ServiceUnreachable } from './errors.js';
import { type Kind, outdated, queryClient } from './queries.js';
import { createStore } from './store.js';

/** How the page learns of changes: at once, by asking every few seconds, or not at all. */
export type Connection = 'connecting' | 'live' | 'polling' | 'lost';

export const connection = createStore<Connection>('connecting');

/** What each event of the service makes outdated. */
const OUTDATED: Readonly<Record<string, readonly Kind[]>> = {
  session: ['sessions', 'leases', 'activity', 'upcoming', 'audit'],
  session_edit: ['sessions', 'audit'],
  sync: ['sessions', 'files', 'activity', 'audit'],
  run: ['runs', 'sources'],
  source: ['sources', 'runs', 'audit'],
  key: ['keys', 'audit'],
};

/** Lists are asked for again at most this often, in milliseconds. */
const ASK_EVERY_MS = 700;

const POLL_MS = 5000;

/** Listens to the service until the function that is returned is called. */
export function followEvents(mayListen: boolean): () => void {
  const changed = batched();
  const source = mayListen ? new EventSource(address('/events')) : null;
  source?.addEventListener('open', () => connection.set('live'));
  source?.addEventListener('error', () => void poll());
  source?.addEventListener('status', ({ data }) => {
    connection.set('live');
    queryClient.setQueryData(['status'], JSON.parse(data));
  });
  source?.addEventListener('bulk', ({ data }) => bulkProgress.set(JSON.parse(data)));
  for (const [event, kinds] of Object.entries(OUTDATED))
    source?.addEventListener(event, () => changed(kinds));
  const timer = setInterval(() => source?.readyState !== EventSource.OPEN && void poll(), POLL_MS);
  if (!source) void poll();
  return () => {
    source?.close();
    clearInterval(timer);
  };
}

/** Without a stream, the status tells whether the service is there. */
async function poll(): Promise<void> {
  try {
    queryClient.setQueryData(['status'], await get('/status'));
    connection.set('polling');
    outdated('sessions', 'leases', 'sources', 'runs');
  } catch (error) {
    connection.set(error instanceof ServiceUnreachable ? 'lost' : 'polling');
  }
}

/** Many changes in a short time are one. */
function batched(): (kinds: readonly Kind[]) => void {
  const waiting = new Set<Kind>();
  return (kinds) => {
    const isFirst = waiting.size === 0;
    for (const kind of kinds) waiting.add(kind);
    if (!isFirst) return;
    setTimeout(() => {
      outdated(...waiting);
      waiting.clear();
    }, ASK_EVERY_MS);
  };
}
