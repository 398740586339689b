import { describe, expect, it } from '@jest/globals';
import { Vault } from '../../src/access/vault.js';
import type { Engine } from '../../src/runs/engine.js';
import { RunService } from '../../src/runs/service.js';
import { SourceService } from '../../src/sources/service.js';
import type { RequestedSettings } from '../../src/sources/source_settings.js';
import { type Service, withService } from '../service/service.js';
import { seedSource } from './seeding.js';

/** No engine executes runs: they stay queued. */
const engine: Engine = { wake() {}, cancel() {} };

/** Sources over the service's database, where no further schedule is kept. */
function fullOf({ container: { database, clock } }: Service): SourceService {
  const { sources, runs: store } = database;
  const roots = { localRoot: '/scraped', nasRoot: null, s3Bucket: null };
  return new SourceService({
    ...{ sources, checkpoints: store, clock, runs: new RunService({ store, engine, clock }) },
    schedules: { full: true, changed: async () => undefined },
    settings: { roots, vault: new Vault([Buffer.alloc(32)]) },
    channels: { check: async () => ({ kind: 'unknown', reason: 'nobody is asked' }) },
  });
}

const NEW_SOURCE: RequestedSettings = {
  ...{ name: 'N', channel: { field: 'identifier', text: '@channel' }, channelTitle: null },
  ...{ accessLevel: 'public', target: 'LOCAL', targetPath: null, sessionId: null, fileTypes: null },
  ...{ schedule: null, isActive: true, apiId: null, apiHash: null, botToken: null },
};
const DAILY = { schedule: '0 0 * * *' };
const refusal = { detail: { error: 'too_many_schedules' } };

describe('at the maximum number of schedules', () => {
  it(
    'other sources can be created, changed and run on demand, but get none',
    withService(async (service) => {
      const full = fullOf(service);
      await expect(full.create({ ...NEW_SOURCE, ...DAILY })).rejects.toMatchObject(refusal);
      const { id } = await full.create(NEW_SOURCE);
      await expect(full.change(id, DAILY)).rejects.toMatchObject(refusal);
      expect(await full.change(id, { ...DAILY, isActive: false })).toMatchObject(DAILY);
      await expect(full.change(id, { isActive: true })).rejects.toMatchObject(refusal);
      expect(await full.list({ skip: 0, limit: 10 })).toHaveLength(1);
    }),
  );

  it(
    'a source with a schedule may change it',
    withService(async (service) => {
      const { id } = await seedSource(service, DAILY);
      const schedule = '0 6 * * *';
      expect(await fullOf(service).change(id, { schedule })).toMatchObject({ schedule });
    }),
  );
});
