import { expect, it } from '@jest/globals';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { postgresLimiter } from '../../src/storage/postgres/limiter.js';
import { describeWithServer, optionsFor } from './databases_postgres.js';
import { type Replica, withJobs } from './replicas_of_jobs.js';
import { onServer } from './server.js';

const describe = await describeWithServer();

describe('a limit over all replicas', () => {
  const RATE = { points: 5, seconds: 60 };
  const limiters = (replicas: readonly Replica[], name = 'bad keys') =>
    replicas.map(({ connections }) => postgresLimiter(connections, name, RATE));

  it('applies in total, per client and per limit', () =>
    withJobs(2, async (replicas) => {
      const [one, other] = limiters(replicas);
      const tries = [one, other, one, other, one].map((limiter) => limiter?.consume('192.0.2.1'));
      expect((await Promise.all(tries)).every((left) => left instanceof RateLimiterRes)).toBe(true);
      for (const limiter of [one, other]) {
        const refusal = await limiter?.consume('192.0.2.1').catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(RateLimiterRes);
        expect((refusal as RateLimiterRes).msBeforeNext).toBeGreaterThan(50_000);
      }
      await other?.consume('192.0.2.2');
      await limiters(replicas, 'logins')[0]?.consume('192.0.2.1');
    }));

  it('is enforced without asking the database once it is used up', () =>
    withJobs(1, async (replicas, name) => {
      const [limiter] = limiters(replicas);
      for (let tries = 0; tries < 5; tries += 1) await limiter?.consume('192.0.2.1');
      await expect(limiter?.consume('192.0.2.1')).rejects.toBeInstanceOf(RateLimiterRes);
      const url = optionsFor(name).url;
      expect(await onServer('SELECT key, points FROM rate_limits', url)).toEqual([
        { key: 'bad keys:192.0.2.1', points: 5 },
      ]);
    }));

  it('is counted by each replica while the database is unavailable', () =>
    withJobs(1, async (replicas) => {
      const [limiter] = limiters(replicas);
      await replicas[0]?.connections.end();
      for (let tries = 0; tries < 5; tries += 1) await limiter?.consume('192.0.2.1');
      await expect(limiter?.consume('192.0.2.1')).rejects.toBeInstanceOf(RateLimiterRes);
    }));
});
