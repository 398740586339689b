import type { Lease } from './lease.js';
import type { AcquireOptions, SessionWork } from './pool.js';
import { orAborted, type Runtime, within } from './runtime.js';

/** Options of work with a connected client. */
export interface ConnectedOptions extends Omit<AcquireOptions, 'credentials' | 'format'> {
  /** The application, from my.telegram.org. */
  readonly apiId: number;
  readonly apiHash: string;
  /** Seconds in which Telegram must be reached; 30 by default. */
  readonly connectTimeout?: number;
}

/** A client of one library, for one leased session. @internal */
export interface TelegramConnection<Client> {
  readonly client: Client;
  connect(): Promise<unknown>;
  /** Ends it in an orderly way; may hang. */
  disconnect(): Promise<unknown>;
  /** Closes every socket at once, and lets none be opened again. */
  cut(): void;
}

/** Where the session comes from, and how its client is made. @internal */
export interface ConnectedParts<Client> {
  readonly withSession: <Result>(work: SessionWork<Result>, options: AcquireOptions) => Promise<Result>;
  readonly runtime: Runtime;
  readonly format: 'telethon' | 'gramjs';
  readonly open: (session: Lease) => Promise<TelegramConnection<Client>>;
}

/** Work with a connected client. Its calls fail once the lease is lost. */
export type ConnectedWork<Client, Result> = (
  client: Client,
  session: Lease,
  signal: AbortSignal,
) => Promise<Result>;

const CONNECT_SECONDS = 30;

/** An orderly end takes no longer, in milliseconds; then the sockets are closed. */
const DISCONNECT_MS = 2_000;

/**
 * Runs `work` with a client that is connected as the leased session. It is cut off before the session is given back,
 * and at once when the lease is lost; then this rejects with the `LeaseLost` without waiting for `work`, whose calls
 * may never end.
 * @internal
 */
export function withConnection<Client, Result>(
  { withSession, runtime, format, open }: ConnectedParts<Client>,
  work: ConnectedWork<Client, Result>,
  { connectTimeout = CONNECT_SECONDS, apiId, apiHash, ...wanted }: ConnectedOptions,
): Promise<Result> {
  const connectedWork = async (session: Lease, signal: AbortSignal): Promise<Result> => {
    const connection = await open(session);
    const { client } = connection;
    const cut = () => connection.cut();
    signal.addEventListener('abort', cut, { once: true });
    try {
      session.ensureHeld();
      await orAborted(inTime(runtime, connectTimeout, connection.connect()), signal);
      return await orAborted(work(client, session, signal), signal);
    } finally {
      if (!signal.aborted) await within(runtime, DISCONNECT_MS, () => connection.disconnect());
      connection.cut();
      signal.removeEventListener('abort', cut);
    }
  };
  return withSession(connectedWork, { ...wanted, credentials: 'string', format });
}

/** @throws Error if it takes longer. */
function inTime(runtime: Runtime, seconds: number, connecting: Promise<unknown>): Promise<unknown> {
  const late = new AbortController();
  const error = new Error(`Telegram was not reached within ${seconds} seconds`);
  const stop = runtime.after(seconds * 1000, () => late.abort(error), true);
  return orAborted(connecting, late.signal).finally(stop);
}

/** The library that `load` imports by name, of which bundlers know nothing. @throws Error if it is not installed. @internal */
export async function loadLibrary<Library>(given: Library | undefined, name: string): Promise<Library> {
  if (given) return given;
  try {
    const loaded = (await import(/* @vite-ignore */ name)) as { readonly default?: Library };
    return { ...loaded, ...loaded.default } as Library;
  } catch (cause) {
    throw new Error(`the package ${name} is needed: install it, or pass it as "library"`, { cause });
  }
}

/** The session string. @throws Error if the service has sent none. @internal */
export function sessionStringOf({ details }: Lease): string {
  if (details.session_string) return details.session_string;
  throw new Error(`the service has sent no session string for session ${details.session_id}`);
}
