import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { DatabaseRefused } from '../refused.js';
import { runBatch } from './batch.js';
import type { Answer, Call, ThreadOptions } from './messages.js';
import { type OpenDatabase, openBeside, openDatabase, whyNotOpened } from './open.js';
import { createTables, type Tables } from './tables.js';

/** Calls that share a transaction at the most. */
const MAX_BATCH = 512;

/** Calls to make, or null: close the database and end. */
type Message = readonly Call[] | null;

/**
 * The thread that owns the database: the event loop of the service never waits for a disk. A message is a
 * batch of calls, answered when all of them are on disk; `null` closes the database and ends the thread.
 */
function serve(port: MessagePort, options: ThreadOptions): void {
  const say = (answer: Answer) => port.postMessage(answer);
  const opened = open(options, say);
  if (!opened) return;
  const { database, tables } = opened;
  const { maxBatch = MAX_BATCH } = options;
  port.on('message', (first: Message) => {
    const { calls, end } = drain(port, first);
    for (let at = 0; at < calls.length; at += maxBatch) {
      const batch = calls.slice(at, at + maxBatch).map((call) => () => perform(tables, call));
      const results = runBatch(database.sqlite, tables, batch);
      const [notices, freed] = [tables.takeNotices(), tables.takeFreed()];
      say({ kind: 'batch', results, notices, freed, nextDeadline: tables.nextDeadline() });
    }
    if (!end) return;
    database.close();
    port.close();
  });
  const { checked, replaced } = database;
  say({ kind: 'ready', checked, replaced });
}

/** The message and all that wait behind it: what came while the disk was busy shares a transaction. */
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

function open(
  options: ThreadOptions,
  say: (answer: Answer) => void,
): { database: OpenDatabase; tables: Tables } | null {
  try {
    const database = options.beside
      ? openBeside(options.path, options.migrations)
      : openDatabase(options.path, options.migrations, options.expected);
    return { database, tables: tablesOf(database, options.path) };
  } catch (error) {
    say({ kind: 'refused', message: error instanceof Error ? error.message : String(error) });
    return null;
  }
}

/** @throws DatabaseRefused where even what is read at the start can't be. */
function tablesOf(database: OpenDatabase, path: string): Tables {
  try {
    return createTables(database.sqlite);
  } catch (error) {
    database.close();
    throw new DatabaseRefused(`${path} ${whyNotOpened(error, path)}`, { cause: error });
  }
}

function perform(tables: Tables, [table, operation, args]: Call): unknown {
  const target: object = tables[table];
  const method: unknown = Reflect.get(target, operation);
  if (typeof method !== 'function') throw new Error(`no operation ${table}.${operation}`);
  return method.apply(target, args);
}

if (parentPort) serve(parentPort, workerData as ThreadOptions);
