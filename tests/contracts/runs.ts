import type { Checkpoint, Run, ScrapedFile, StoredBatch } from '../../src/runs/store.js';
import { wantedSource } from './sources.js';
import { type Stores as AllStores, SECOND, T0 } from './stores.js';

/** What the tests of runs need. */
type Stores = Pick<AllStores, 'runs' | 'sources'>;

/** The owner of runs, and until when. */
export const OWNER = 'replica:1';
export const UNTIL = T0 + 30 * SECOND;

/** More runs than any test begins. */
export const MANY = 1_000;

/** Creates sources; returns their ids. */
export async function makeSources({ sources }: Stores, many: number): Promise<number[]> {
  const ids: number[] = [];
  for (let index = 0; index < many; index += 1) {
    const outcome = await sources.create(wantedSource({ name: `source ${index}` }), null, T0);
    if (outcome.kind !== 'done') throw new Error(`not made: ${outcome.kind}`);
    ids.push(outcome.source.id);
  }
  return ids;
}

export async function makeSource(stores: Stores): Promise<number> {
  const [id] = await makeSources(stores, 1);
  if (id === undefined) throw new Error('no source was made');
  return id;
}

/** Begins a run, which must succeed. */
export async function begin({ runs }: Stores, sourceId: number, now = T0): Promise<Run> {
  const outcome = await runs.begin(sourceId, 'trigger', now);
  if (outcome.kind !== 'begun') throw new Error(`not begun: ${JSON.stringify(outcome)}`);
  return outcome.run;
}

/** Takes the next run, if there is one. */
export function take({ runs }: Stores, over: { owner?: string; most?: number; now?: number } = {}) {
  const { owner = OWNER, most = MANY, now = T0 } = over;
  return runs.take(owner, now + 30 * SECOND, most, now);
}

/** A run of a new source, owned by `OWNER` until `UNTIL`. */
export async function takeNew(stores: Stores): Promise<Run> {
  await begin(stores, await makeSource(stores));
  const run = await take(stores);
  if (!run) throw new Error('there was no run to take');
  return run;
}

/** Begins a run of the source, and ends it. */
export async function runThrough(stores: Stores, sourceId: number, now = T0): Promise<Run> {
  const run = await begin(stores, sourceId, now);
  await stores.runs.cancel(run.id, now);
  return run;
}

/** The store's answers to every operation by `OWNER` on a run; `REFUSED` if it is not the owner. */
export async function answersToOwner({ runs }: Stores, id: number): Promise<unknown[]> {
  return [
    await runs.renew(id, OWNER, UNTIL + 999 * SECOND),
    await runs.mark(id, OWNER, 'waiting', 'z', T0),
    await runs.saveSessions(id, OWNER, ['z', 'y']),
    await runs.saveTotal(id, OWNER, 5),
    await runs.defer(id, OWNER, 'later', T0),
    await runs.finish(id, OWNER, 'failed', 'it failed', T0),
  ];
}
export const REFUSED = [null, false, false, false, false, false];

export function upTo(lastMessageId: number, over: Partial<Checkpoint> = {}): Checkpoint {
  return { lastMessageId, monthPath: 'messages/2025-03.jsonl', monthBytes: lastMessageId * 10, ...over };
}

/** A stored file, its content identified by a letter. */
export function file(messageId: number, letter: string, over: Partial<ScrapedFile> = {}): ScrapedFile {
  return {
    messageId,
    path: `files/2025-03/${messageId}_a.pdf`,
    name: 'a.pdf',
    mimeType: 'application/pdf',
    sizeBytes: 5_000_000_000,
    sha256: Buffer.alloc(32, letter).toString('hex'),
    state: 'stored',
    reason: null,
    ...over,
  };
}

/** This many messages up to `lastMessageId`, with these files. */
export function batch(lastMessageId: number, messages: number, files: ScrapedFile[] = []): StoredBatch {
  const progress = { messagesRead: messages, messagesStored: messages, filesDone: files.length };
  return { checkpoint: upTo(lastMessageId), files, progress };
}
