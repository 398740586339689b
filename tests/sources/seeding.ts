import type { Run } from '../../src/runs/store.js';
import type { Source, SourceSettings } from '../../src/sources/store.js';
import type { Service } from '../service/service.js';

const PUBLIC: SourceSettings = {
  ...{ name: 'News', identifier: '@sandbox_news', channelTitle: null, accessLevel: 'public' },
  ...{ target: 'LOCAL', targetPath: null, sessionId: null, fileTypes: null, schedule: null },
  ...{ isActive: true, apiId: null, apiHash: null, botToken: null },
};

/** A source that is only in the store: no run was requested. */
export async function seedSource(service: Service, settings: Partial<SourceSettings> = {}): Promise<Source> {
  const { sources } = service.container.database;
  const outcome = await sources.create({ ...PUBLIC, ...settings }, null, service.container.clock.now());
  if (outcome.kind !== 'done') throw new Error(outcome.kind);
  return outcome.source;
}

/** A run that is queued without a notification. */
export async function seedRun(service: Service, sourceId: number): Promise<Run> {
  const { runs } = service.container.database;
  const outcome = await runs.begin(sourceId, 'trigger', service.container.clock.now());
  if (outcome.kind !== 'begun') throw new Error(outcome.kind);
  return outcome.run;
}

/** A run that a replica of this name carries out, and has stored messages and files of. */
export async function seedProgress(service: Service, sourceId: number, owner: string): Promise<Run> {
  const { database, clock } = service.container;
  const { id } = await seedRun(service, sourceId);
  const now = clock.now();
  await database.runs.take(owner, now + 600_000, 100, now);
  const whole = { name: 'a.pdf', mimeType: 'application/pdf', sizeBytes: 3_000_000_000, reason: null };
  const files = [
    { ...whole, messageId: 7, path: 'a/7_a.pdf', sha256: 'ab'.repeat(32), state: 'stored' },
    { ...whole, messageId: 9, path: null, sha256: null, state: 'skipped', reason: 'too large' },
  ] as const;
  const progress = {
    messagesRead: 20,
    messagesStored: 20,
    filesFound: 2,
    filesDone: 1,
    bytesDone: 3_000_000_000,
  };
  const checkpoint = { lastMessageId: 20, monthPath: 'a/2025-03.jsonl', monthBytes: 4000 };
  await database.runs.store(
    id,
    owner,
    { checkpoint, files, progress: { ...progress, filesSkipped: 1 } },
    now,
  );
  await database.runs.saveTotal(id, owner, 50);
  const run = await database.runs.run(id);
  if (!run) throw new Error('the run is gone');
  return run;
}
