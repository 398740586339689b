import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from '@jest/globals';
import { PromisedNetSockets } from 'telegram/extensions/index.js';
import { Api } from 'telegram/index.js';
import type { ConnectedOptions } from '../../clients/typescript/src/connected.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { findPython } from '../clients/python/installation.js';
import { clientOf, failureOf } from '../clients/typescript/client_under_test.js';
import { logIn, type World, withTelegram } from '../logins/over_sandbox.js';
import { application } from '../sandbox/gramjs.js';
import { until } from '../service/manual_time.js';
import { EGRESS, fenced } from './with_fence.js';

const DAN = '+9996620002';
const python = findPython();

/** GramJS always dials port 80 of a data centre; through a proxy, it asks for it in `destination`. */
function over({ port }: Sandbox): ConnectedOptions {
  class SandboxSockets extends PromisedNetSockets {
    override connect(_port: number, ip: string) {
      return super.connect(port, ip);
    }
  }
  return { ...application, client: { networkSocket: SandboxSockets, useWSS: false, connectionRetries: 1 } };
}

function openOf({ sandbox }: World): number {
  return sandbox.connections.list().filter(({ closedOrder }) => closedOrder === null).length;
}

/** A service with a session of Dan, and no connection of its own. */
function withDan(test: (world: World) => Promise<void>): () => Promise<void> {
  return withTelegram(
    async (world) => {
      await logIn(world, DAN);
      await until(() => openOf(world) === 0);
      await test(world);
    },
    { settings: EGRESS },
  );
}

/** The bytes that went through the fence. */
async function bytesUp({ service }: World): Promise<number> {
  const { text } = await service.as('monitor').get('/metrics').expect(200);
  return Number(/^telegate_egress_bytes_total{direction="up"} (\d+)$/m.exec(text)?.[1]);
}

const whoAmI = () => new Api.users.GetUsers({ id: [new Api.InputUserSelf()] });

describe('real clients of Telegram through the egress fence', () => {
  it(
    'GramJS works, and is cut when its lease is revoked',
    withDan(async (world) => {
      const { client } = clientOf(world.service);
      const options = { ...over(world.sandbox), egress: true };
      const work = client.pool.withTelegram(async (telegram, session) => {
        const [user] = await telegram.invoke(whoAmI());
        expect(user instanceof Api.User && user.firstName).toBe('Dan');
        expect(openOf(world)).toBe(1);
        expect(await bytesUp(world)).toBeGreaterThan(0);
        await world.service.as('admin').post('/release').send({ session_id: session.session_id }).expect(200);
        await until(() => openOf(world) === 0);
        await telegram.invoke(whoAmI());
      }, options);
      expect(await failureOf(Promise.race([work, cutFor(world)]))).toBeInstanceOf(Error);
    }),
  );

  (python === null ? it.skip : it)(
    'Telethon works, and cannot go on when its lease is revoked',
    withDan(async (world) => {
      const { service, sandbox } = world;
      const lease = await fenced(service, 'credentials=string&format=telethon');
      const given = JSON.stringify({ ...lease, rsa_key: sandbox.rsaPublicKey.pem });
      const worker = spawn(python ?? '', [join('tests', 'egress', 'telethon_worker.py'), given]);
      const lines = createInterface({ input: worker.stdout })[Symbol.asyncIterator]();
      try {
        expect((await lines.next()).value).toBe('Dan');
        expect(openOf(world)).toBe(1);
        await service.as('admin').post('/release').send({ session_id: lease.session_id }).expect(200);
        await until(() => openOf(world) === 0);
        const before = await bytesUp(world);
        worker.stdin.write('go on\n');
        expect((await lines.next()).value).toBe('cut');
        expect(await bytesUp(world)).toBe(before);
        expect(openOf(world)).toBe(0);
      } finally {
        worker.kill('SIGKILL');
        if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit');
      }
    }),
  );
});

/** Rejects once the fence has cut what there was. */
async function cutFor(world: World): Promise<never> {
  await until(() => openOf(world) === 1);
  await until(() => openOf(world) === 0);
  throw new Error('cut');
}
