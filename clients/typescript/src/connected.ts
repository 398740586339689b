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
  /** Parameters of the library's `TelegramClient`, such as `deviceModel`. */
  readonly client?: Readonly<Record<string, unknown>>;
  /** The module itself, for bundlers; or a fork, or that of another platform. */
  readonly library?: object;
}

/** A client of one library, for one leased session. @internal */
export interface TelegramConnection {
  readonly client: {
    /** Ends what it still does; may hang. */
    destroy(): Promise<void>;
  };
  connect(): Promise<unknown>;
  /** Closes every socket at once, and lets none be opened again. */
  closeSockets(): void;
}

/** A library, and how a client of it is made. @internal */
export interface Library<Module> {
  /** As it is imported. */
  readonly name: string;
  /** Of the session string that it reads. */
  readonly format: 'telethon' | 'gramjs';
  readonly connectionOf: (library: Module, session: Lease, options: ConnectedOptions) => TelegramConnection;
}

/** Where the session comes from. @internal */
export interface ConnectedParts {
  readonly withSession: <Result>(work: SessionWork<Result>, options: AcquireOptions) => Promise<Result>;
  readonly runtime: Runtime;
}

/** Work with a connected client. Its calls fail once the lease is lost. */
export type ConnectedWork<Client, Result> = (
  client: Client,
  session: Lease,
  signal: AbortSignal,
) => Promise<Result>;

const CONNECT_SECONDS = 30;

/** A client whose sockets are closed may take so long to end, in milliseconds. */
const DISCONNECT_MS = 2_000;

/** Work that has ended its lease itself gets so long to say why, in milliseconds. */
const LAST_WORDS_MS = 2_000;

/**
 * Runs `work` with a client that is connected as the leased session. It is cut off before the session is given back,
 * and at once when the lease ends; if it is lost, this rejects with the `LeaseLost` without waiting for `work`, whose
 * calls may never end.
 * @internal
 */
export function withConnection<Module, Client, Result>(
  { withSession, runtime }: ConnectedParts,
  { name, format, connectionOf }: Library<Module>,
  work: ConnectedWork<Client, Result>,
  options: ConnectedOptions,
): Promise<Result> {
  const { connectTimeout = CONNECT_SECONDS, apiId, apiHash, client: _, library, ...wanted } = options;
  const connectedWork = async (session: Lease, signal: AbortSignal): Promise<Result> => {
    const connection = connectionOf(await loaded<Module>(library, name), session, options);
    const { client } = connection;
    const disconnect = () => {
      connection.closeSockets();
      return client.destroy();
    };
    const stopWatching = session.onEnd(() => void disconnect().catch(() => {}));
    try {
      session.ensureHeld();
      const late = new Error(`Telegram was not reached within ${connectTimeout} seconds`);
      await unlessLate(runtime, connectTimeout * 1000, connection.connect(), late, signal);
      const working = work(client as Client, session, signal);
      return await orAborted(working, signal).catch((error: unknown) => {
        if (!session.isReturned) throw error;
        return unlessLate(runtime, LAST_WORDS_MS, working, error);
      });
    } finally {
      stopWatching();
      await within(runtime, DISCONNECT_MS, disconnect);
    }
  };
  return withSession(connectedWork, { ...wanted, credentials: 'string', format });
}

/** Settles as `work`, but rejects with `error` if it takes longer than this, or with the reason of one of `signals`. */
function unlessLate<Result>(
  runtime: Runtime,
  milliseconds: number,
  work: Promise<Result>,
  error: unknown,
  ...signals: AbortSignal[]
): Promise<Result> {
  const late = new AbortController();
  // It keeps the process alive: a client whose connection failed may wait for nothing.
  const stop = runtime.after(milliseconds, () => late.abort(error));
  return orAborted(work, AbortSignal.any([late.signal, ...signals])).finally(stop);
}

/** The given module or that of this name, of which bundlers know nothing. @throws Error if it is not installed. */
async function loaded<Module>(given: object | undefined, name: string): Promise<Module> {
  if (given) return given as Module;
  try {
    const imported = (await import(/* @vite-ignore */ name)) as { readonly default?: object };
    return { ...imported, ...imported.default } as Module;
  } catch (cause) {
    throw new Error(`the package ${name} is needed: install it, or pass it as "library"`, { cause });
  }
}

/** The session string. @throws Error if the service has sent none. @internal */
export function sessionStringOf({ details }: Lease): string {
  if (details.session_string) return details.session_string;
  throw new Error(`the service has sent no session string for session ${details.session_id}`);
}

/** The channels that the session knows, which need not be resolved; `long`: as the library writes 64 bits. @internal */
export function knownChannels<Long>({ details }: Lease, long: (digits: string) => Long) {
  return (details.peers ?? []).flatMap((peer) => {
    if (peer?.type !== 'channel') return [];
    const { id, access_hash, title, username } = peer;
    return { id: long(`${id}`), accessHash: long(`${access_hash}`), title, username };
  });
}
