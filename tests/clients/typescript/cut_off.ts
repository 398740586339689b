import { expect, it } from '@jest/globals';
import { LeaseLost } from '../../../clients/typescript/src/errors.js';
import type { Pool } from '../../../clients/typescript/src/pool.js';
import { withTelegram } from '../../logins/over_sandbox.js';
import { until } from '../../service/manual_time.js';
import { clientOf, failureOf } from './client_under_test.js';
import { loggedIn, openOf } from './leased_account.js';

/** Works with a connected client of some library; `ask` asks Telegram who it is (`users.getUsers`). */
type Connect = (
  pool: Pool,
  work: (ask: () => Promise<unknown>) => Promise<unknown>,
  options: { readonly ttl?: number },
) => Promise<unknown>;

/** What holds for the connected clients of every library. */
export function cutsOffWithTheLease(connect: Connect): void {
  it(
    'cuts the client off when the lease is lost, though the work never ends',
    withTelegram(async (world) => {
      await loggedIn(world);
      const { service, sandbox } = world;
      const { client, runtime } = clientOf(service);
      sandbox.faults.add({ fault: 'hang', method: 'users.getUsers' });
      const called = sandbox.connections.calls('users.GetUsers');
      const work = failureOf(connect(client.pool, (ask) => ask(), { ttl: 60 }));
      await until(() => sandbox.connections.calls('users.GetUsers') > called);
      runtime.fate = ({ path }) => (path === '/heartbeat' ? 'lost' : 'arrives');
      await service.time.advance(55);
      expect(await work).toBeInstanceOf(LeaseLost);
      await until(() => openOf(world) === 0);
      expect(runtime.waiting).toBe(0);
    }),
  );

  it(
    'sends nothing when a stopped process wakes up after its lease, before any timer says so',
    withTelegram(async (world) => {
      await loggedIn(world);
      const { client, runtime } = clientOf(world.service);
      const calls = () => world.sandbox.connections.calls('users.GetUsers');
      let before: number | undefined;
      const work = async (ask: () => Promise<unknown>) => {
        await ask();
        before = calls();
        runtime.wakeAfter(300_000);
        await ask();
      };
      expect(await failureOf(connect(client.pool, work, {}))).toBeInstanceOf(LeaseLost);
      await until(() => openOf(world) === 0);
      expect(calls()).toBe(before);
      expect(runtime.waiting).toBe(0);
    }),
  );
}
