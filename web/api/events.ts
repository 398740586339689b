import { bulkProgress } from './bulk.js';
import { address, get } from './client.js';
import { ServiceUnreachable } from './errors.js';
import { type Kind, outdated, queryClient } from './queries.js';
import { createStore } from './store.js';

/** How the page learns of changes: at once, by asking every few seconds, or not at all. */
export type Connection = 'connecting' | 'live' | 'reconnecting' | 'polling' | 'lost';

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

/** The service sends a heartbeat every 15 s: a stream that is silent for longer than two of them is broken. */
const SILENT_MS = 35_000;

/** Listens to the service until the function that is returned is called. */
export function followEvents(mayListen: boolean): () => void {
  const changed = batched();
  let stream = mayListen ? listen(changed) : null;
  const check = () => {
    if (stream?.isSilent()) {
      connection.set('reconnecting');
      stream.close();
      stream = listen(changed, true);
    } else if (!stream?.isOpen()) void poll();
  };
  const timer = setInterval(check, POLL_MS);
  if (!stream) void poll();
  return () => {
    stream?.close();
    clearInterval(timer);
  };
}

interface Stream {
  readonly isOpen: () => boolean;
  /** Whether it is open, but brings nothing any more. */
  readonly isSilent: () => boolean;
  readonly close: () => void;
}

/** Opens a stream. `again`: events were missed before it. */
function listen(changed: (kinds: readonly Kind[]) => void, again = false): Stream {
  const source = new EventSource(address('/events'));
  let hasMissed = again;
  let heardAt = Date.now();
  const on = (event: string, heard: (event: MessageEvent<string>) => void) =>
    source.addEventListener(event, (message) => {
      heardAt = Date.now();
      heard(message as MessageEvent<string>);
    });
  on('open', () => {
    connection.set('live');
    if (hasMissed) void queryClient.invalidateQueries();
    hasMissed = true;
  });
  source.addEventListener('error', () => void poll());
  on('status', ({ data }) => {
    connection.set('live');
    queryClient.setQueryData(['status'], JSON.parse(data));
    outdated('waiting');
  });
  on('bulk', ({ data }) => bulkProgress.set(JSON.parse(data)));
  on('heartbeat', () => connection.set('live'));
  for (const [event, kinds] of Object.entries(OUTDATED)) on(event, () => changed(kinds));
  const isOpen = () => source.readyState === EventSource.OPEN;
  return {
    isOpen,
    isSilent: () => isOpen() && Date.now() - heardAt > SILENT_MS,
    close: () => source.close(),
  };
}

/** Without a stream, the status tells whether the service is there. */
async function poll(): Promise<void> {
  try {
    queryClient.setQueryData(['status'], await get('/status'));
    connection.set('polling');
    outdated('sessions', 'leases', 'sources', 'runs', 'waiting');
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
