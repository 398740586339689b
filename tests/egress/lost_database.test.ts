import { mkdirSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { Service } from '../service/service.js';
import { describeWithOwnServer } from '../storage/describe_with_own_server.js';
import { OwnServer } from '../storage/own_server.js';
import { PlainDataCentre } from './data_centre.js';
import { ThroughProxy } from './socks_client.js';
import { EGRESS, fenced } from './with_fence.js';

const describe = describeWithOwnServer();

describe('the egress fence of a service whose database is lost', () => {
  it('admits nobody, lets what is connected go on until the last known expiry, and cuts it then', async () => {
    const server = await OwnServer.make();
    const dataCentre = await PlainDataCentre.start();
    const settings = { DATABASE_URL: server.url() };
    const shared = { settings, contents: async () => '', drop: async () => undefined };
    const service = new Service({ shared, network: dataCentre.network, settings: EGRESS });
    try {
      mkdirSync(service.sessionsDir, { recursive: true });
      service.write('s001.session');
      await service.start();
      const lease = await fenced(service, 'ttl=6');
      const granted = performance.now();
      const worker = await ThroughProxy.to(lease.proxy, dataCentre);
      await server.stop('immediate');
      await until(() => service.log.some((line) => line.includes('cannot be looked up')));
      await expect(ThroughProxy.to(lease.proxy, dataCentre)).rejects.toThrow(/auth/i);
      worker.say('hello');
      await until(() => worker.text === 'hello');
      await worker.closed;
      const lasted = performance.now() - granted;
      expect(lasted).toBeGreaterThan(5000);
      expect(lasted).toBeLessThan(6000);
    } finally {
      await service.remove();
      await dataCentre.close();
      await server.destroy();
    }
  });
});
