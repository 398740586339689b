import { getActiveResourcesInfo } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { defaultLimits } from '../../src/telegram/gateway.js';
import { HURRIED, logIn, post, sendCode, type World, withTelegram } from '../logins/over_sandbox.js';
import { until } from '../service/manual_time.js';

const ADA = '+9996610001';
const BEN = '+9996610002';

/** Every route that calls Telegram. */
async function everyCall(world: World, id: number, login: string): Promise<number[]> {
  const { service } = world;
  const admin = service.as('admin');
  const answers = [
    await post(service, '/sessions/send-otp', { phone_number: BEN }),
    await post(service, '/sessions/resend-otp', { temp_session_id: login }),
    await post(service, '/sessions/verify-otp', { temp_session_id: login, code: '12345' }),
    await post(service, '/sessions/get-code', { phone_number: ADA }),
    await admin.post(`/sessions/${id}/test`),
    await admin.get(`/sessions/${id}/channels?refresh=true`),
  ];
  return answers.map(({ status }) => status);
}

function inUse(kind: string): number {
  return getActiveResourcesInfo().filter((resource) => resource === kind).length;
}

/** The heap after garbage collection, in bytes; the process's total memory is measured in `bench`. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

describe('data centres that', () => {
  it.each([
    ['refuse', 502],
    ['silent', 504],
    ['half_dead', 504],
  ] as const)('are %s make every endpoint answer %i in time, and nothing is marked bad', (mode, status) =>
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      const login = await sendCode(world.service, { phone_number: BEN, session_name: 'ben' });
      if (mode !== 'refuse') await world.hurry(HURRIED);
      for (const dc of [1, 2, 3]) await world.sandbox.behave(dc, mode);
      expect(new Set(await everyCall(world, id, login))).toEqual(new Set([status]));
      for (const dc of [1, 2, 3]) await world.sandbox.behave(dc, 'normal');
      await world.hurry(defaultLimits);
      const answer = await world.service.as('admin').post(`/sessions/${id}/test`).expect(200);
      expect(answer.body.is_valid).toBe(true);
    })(),
  );

  it(
    'fail a thousand calls leave no socket, no timer and no memory behind',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      await world.hurry({ ...HURRIED, callSeconds: 0.1, connectSeconds: 0.1, loginSeconds: 0.2 });
      const admin = world.service.as('admin');
      const sockets = () => inUse('TCPSocketWrap');
      const modes = ['refuse', 'silent', 'half_dead'] as const;
      const fail = async (times: number) => {
        for (let turn = 0; turn < times; turn += 20) {
          const mode = modes[(turn / 20) % 3] ?? 'silent';
          for (const dc of [1, 2]) await world.sandbox.behave(dc, mode);
          const calls = Array.from({ length: 20 }, () =>
            post(world.service, '/sessions/send-otp', { phone_number: BEN }),
          );
          await Promise.all([...calls, admin.post(`/sessions/${id}/test`)]);
        }
      };
      await fail(200);
      for (const dc of [1, 2]) await world.sandbox.behave(dc, 'normal');
      const before = { timers: inUse('Timeout'), heap: heapInUse() };
      const socketsBefore = sockets();
      await fail(1000);
      for (const dc of [1, 2]) await world.sandbox.behave(dc, 'normal');
      await until(() => sockets() <= socketsBefore && inUse('Timeout') <= before.timers);
      expect(heapInUse() - before.heap).toBeLessThan(10 * 2 ** 20);
      await world.hurry(defaultLimits);
      await admin.post(`/sessions/${id}/test`).expect(200);
    }),
    120_000,
  );
});
