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
  sync: ['sessions', 'activity', 'audit'],
  run: ['runs', 'sources'],
  source: ['sources', 'runs', 'audit'],
  key: ['keys', 'audit'],
};

/** Lists are asked for again at most this often, in milliseconds. */
const ASK_EVERY_MS = 700;

const POLL_MS = 5000;

/** The service sends a heartbeat every 15 s: a stream that is silent for longer than two of them is broken. */
const SILENT_MS = 35_000;

/** All that events make outdated: without them, it is asked for again and again. */
const POLLED: readonly Kind[] = [...new Set([...Object.values(OUTDATED).flat(), 'waiting' as const])];

/** Listens to the service until the function that is returned is called. */
export function followEvents(mayListen: boolean): () => void {
  const changed = batched();
  let isOver = false;
  let stream: Stream | null = null;
  // What is asked for is older than what a stream tells that has opened meanwhile.
  const ask = () => void poll(() => isOver || stream?.isOpen() === true);
  const listenAgain = () => {
    stream?.close();
    stream = listen(changed, ask, true);
  };
  const check = () => {
    if (stream?.isSilent()) {
      connection.set('reconnecting');
      return listenAgain();
    }
    if (stream?.isOpen()) return;
    if (stream?.isClosed()) listenAgain();
    ask();
  };
  if (mayListen) stream = listen(changed, ask);
  else ask();
  const timer = setInterval(check, POLL_MS);
  return () => {
    isOver = true;
    stream?.close();
    clearInterval(timer);
  };
}

interface Stream {
  readonly isOpen: () => boolean;
  /** Whether it is open, but brings nothing any more. */
  readonly isSilent: () => boolean;
  /** Whether the service refused it: the browser tries no more. */
  readonly isClosed: () => boolean;
  readonly close: () => void;
}

/** Opens a stream; `failed` is called whenever it breaks. `again`: events were missed before it. */
function listen(changed: (kinds: readonly Kind[]) => void, failed: () => void, again = false): Stream {
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
  source.addEventListener('error', failed);
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
    isClosed: () => source.readyState === EventSource.CLOSED,
    close: () => source.close(),
  };
}

/** Without a stream, the status tells whether the service is there. `isNeedless`: its answer comes too late. */
async function poll(isNeedless: () => boolean): Promise<void> {
  try {
    const status = await get('/status');
    if (isNeedless()) return;
    queryClient.setQueryData(['status'], status);
    connection.set('polling');
    outdated(...POLLED);
  } catch (error) {
    if (!isNeedless()) connection.set(error instanceof ServiceUnreachable ? 'lost' : 'polling');
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
