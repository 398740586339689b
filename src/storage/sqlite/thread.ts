import { type MessagePort, parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { DatabaseRefused } from '../database.js';
import { runBatch } from './batch.js';
import { type OpenDatabase, openDatabase, openSideConnection, whyNotOpened } from './open.js';
import { createStores, type SqliteStores } from './stores.js';
import type { Answer, Call, Operations, ThreadOptions } from './thread_protocol.js';

/** The maximum number of calls per transaction. */
const MAX_BATCH = 512;

/** Calls to make, or null: close the database. */
type Message = readonly Call[] | null;

/**
 * The thread that owns the database, so that the service's event loop never waits for a disk. Its first message says
 * what to open; each later one is a batch of calls, answered when all of them are on disk; `null` closes the
 * database, after which the thread can open another.
 */
function serve(port: MessagePort): void {
  port.once('message', (options: ThreadOptions) => {
    const say = (answer: Answer) => port.postMessage(answer);
    const opened = open(options, say);
    if (!opened) return serve(port);
    const { database } = opened;
    const { maxBatch = MAX_BATCH } = options;
    port.on('message', async function take(first: Message) {
      const { calls, end } = drain(port, first);
      for (let at = 0; at < calls.length; at += maxBatch)
        say(await performed(opened, calls.slice(at, at + maxBatch)));
      if (!end) return;
      database.close();
      port.off('message', take);
      serve(port);
      say({ kind: 'closed' });
    });
    const { checked, replaced } = database;
    say({ kind: 'ready', checked, replaced, operations: operationsOf(opened.stores) });
  });
}

/** The message and all that wait behind it: calls that arrived while the disk was busy share a transaction. */
function drain(port: MessagePort, first: Message): { calls: readonly Call[]; end: boolean } {
  if (first === null) return { calls: [], end: true };
  const calls = [...first];
  while (calls.length < MAX_BATCH) {
    const next = receiveMessageOnPort(port);
    if (!next) break;
    const message: Message = next.message;
    if (message === null) return { calls, end: true };
    calls.push(...message);
  }
  return { calls, end: false };
}

interface Opened {
  readonly database: OpenDatabase;
  readonly stores: SqliteStores;
}

function open(options: ThreadOptions, say: (answer: Answer) => void): Opened | null {
  try {
    const database = options.beside
      ? openSideConnection(options.path, options.migrations)
      : openDatabase(options.path, options.migrations, options.expected);
    return { database, stores: storesOf(database, options.path) };
  } catch (error) {
    say({ kind: 'refused', message: error instanceof Error ? error.message : String(error) });
    return null;
  }
}

/** @throws DatabaseRefused if even the pages read at the start are damaged. */
function storesOf(database: OpenDatabase, path: string): SqliteStores {
  try {
    return createStores(database.sqlite);
  } catch (error) {
    database.close();
    throw new DatabaseRefused(`${path} ${whyNotOpened(error, path)}`, { cause: error });
  }
}

/** The results of these calls, in one transaction. */
async function performed({ database, stores }: Opened, calls: readonly Call[]): Promise<Answer> {
  const results = await runBatch(
    database.sqlite,
    stores,
    calls.map((call) => () => perform(stores, call)),
  );
  return { kind: 'batch', results, ...stores.takeEffects() };
}

function operationsOf({ ports }: SqliteStores): Operations {
  const stores = Object.keys(ports) as (keyof typeof ports)[];
  return stores.map((store) => [store, Object.keys(ports[store])]);
}

function perform({ ports }: SqliteStores, [store, operation, args]: Call): unknown {
  const method: unknown = Reflect.get(ports[store], operation);
  if (typeof method !== 'function') throw new Error(`no operation ${store}.${operation}`);
  return method(...args);
}

if (parentPort) serve(parentPort);
