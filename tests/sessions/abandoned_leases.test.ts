import { describe, expect, it } from '@jest/globals';
import { wish } from '../contracts/stores.js';
import { some, withService } from '../service/service.js';

describe("the service's own leases when it was killed", () => {
  it(
    'have ended when it starts again; those of workers have not',
    withService(
      async (service) => {
        const { session_id } = await service.lease('session_name=s001');
        const { pool, clock } = service.container.database;
        const own = { holder: 'telegate', sessionName: 's002', ttlSeconds: 3600 };
        expect(await pool.acquire(wish(own), clock.now())).toMatchObject({ kind: 'granted' });
        expect(await service.status()).toMatchObject({ in_use: 2 });
        await service.stop();
        await service.start();
        expect(await service.status()).toMatchObject({ in_use: 1, free: 1 });
        const [lease] = (await service.as('monitor').get('/leases').expect(200)).body;
        expect(lease).toMatchObject({ session_id });
      },
      { files: some(2), database: 'sqlite' },
    ),
  );
});
