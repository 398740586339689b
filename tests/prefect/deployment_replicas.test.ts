import { randomUUID } from 'node:crypto';
import { it } from '@jest/globals';
import { withReplicas } from '../cluster/services.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { prefectSettings } from './deployed_sources.js';
import { eventually } from './eventually.js';
import { findPrefect } from './installation.js';
import { sharedPrefect } from './shared_server.js';

const describe = await describeWithServer();
const itWithPrefect = findPrefect() ? it : it.skip;

const SOURCE = { name: 'N', channel_username: 'technews', target: 'LOCAL' };

describe('of two replicas', () => {
  itWithPrefect(
    'one keeps the deployments, and is told of what the other changes; the other takes over when it is gone',
    async () => {
      const settings = prefectSettings(await sharedPrefect(), `pool-${randomUUID()}`);
      const test = withReplicas(
        2,
        async ([one, other]) => {
          if (!one || !other) throw new Error('there are two');
          const create = async (service: typeof one) => {
            const { body } = await service.as('admin').post('/sources/public').send(SOURCE).expect(200);
            await eventually(async () => {
              const { body: source } = await service.as('monitor').get(`/sources/${body.id}`).expect(200);
              return source.deployment.synchronised;
            });
          };
          await create(one);
          await create(other);
          await one.stop();
          await create(other);
          await one.start();
          await create(one);
        },
        { settings, prefectFlow: `flow-${randomUUID()}` },
      );
      await test();
    },
    180_000,
  );
});
