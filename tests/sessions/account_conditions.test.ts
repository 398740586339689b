import { describe, expect, it } from '@jest/globals';
import type { AccountCondition } from '../../sandbox/account_conditions.js';
import { logIn, type World, withTelegram } from '../logins/over_sandbox.js';

const ADA = '+9996610001';
const BEN = '+9996610002';
const CAT = '+9996620002';
const SEND = 'messages.sendMessage';
const READ = 'messages.getHistory';

const FREEZE = {
  since: Date.UTC(2025, 1, 20) / 1000,
  until: Date.UTC(2025, 4, 20) / 1000,
  appealUrl: 'https://t.me/spambot',
};

/** What Telegram does to an account. */
function become({ sandbox }: World, phone: string, condition: AccountCondition['condition']): void {
  sandbox.conditions.set(phone, { condition, ...FREEZE });
}

const test = ({ service }: World, id: number) => service.as('admin').post(`/sessions/${id}/test`).expect(200);

async function shown({ service }: World, id: number) {
  return (await service.as('admin').get(`/sessions/${id}`).expect(200)).body;
}

/** The name of the session that a worker gets; null: none. */
async function leasedFor({ service }: World, query: string): Promise<string | null> {
  const answer = await service.as('worker').get(`/session?${query}`);
  if (answer.status === 503) return null;
  const { session_id, session_name, lease_id } = answer.body;
  await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
  return session_name;
}

/** A worker leases the session for the method, and Telegram refuses it. */
async function report({ service }: World, query: string, error: string, method: string) {
  const { session_id, lease_id } = (await service.as('worker').get(`/session?${query}`).expect(200)).body;
  const said = { session_id, lease_id, error, method };
  const answer = await service.as('worker').post('/report').send(said).expect(200);
  await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
  return answer.body;
}

describe('an account that Telegram has frozen', () => {
  it(
    'is found by a check although Telegram accepts its session, and leased only for reading, if asked for',
    withTelegram(async (world) => {
      const { id, name } = await logIn(world, ADA);
      become(world, ADA, 'frozen');
      const { body } = await test(world, id);
      expect(body).toEqual({
        ...{ session_id: id, is_valid: true, status: 'frozen' },
        error:
          'The account has been frozen since 2025-02-20: it can only read, and is deleted on 2025-05-20 unless an appeal is granted (https://t.me/spambot)',
      });
      expect(await shown(world, id)).toMatchObject({
        ...{ status: 'frozen', condition: 'frozen', is_active: 'active' },
        condition_detail: {
          ...{ reason: 'ACCOUNT_FROZEN', since: '2025-02-20T00:00:00.000Z' },
          ...{ until: '2025-05-20T00:00:00.000Z', appeal_url: 'https://t.me/spambot' },
        },
        health: {
          score: 0,
          reasons: expect.arrayContaining([{ reason: 'frozen', points: 80, value: null }]),
        },
      });
      for (const query of [
        '',
        `method=${READ}`,
        `session_id=${id}`,
        'strategy=healthiest',
        'strategy=round_robin',
      ])
        expect(await leasedFor(world, query)).toBeNull();
      expect(await leasedFor(world, `allow=frozen&method=${SEND}`)).toBeNull();
      expect(await leasedFor(world, 'allow=frozen&method=contacts.resolveUsername')).toBeNull();
      expect(await leasedFor(world, 'allow=frozen')).toBe(name);
      expect(await leasedFor(world, `allow=frozen&method=${READ}`)).toBe(name);
      const status = await world.service.status();
      expect(status).toMatchObject({ free: 0, unavailable_reasons: { frozen: 1 }, frozen: 1, limited: 0 });
      const refused = await world.service.as('worker').get('/session').expect(503);
      expect(refused.body.detail).toMatchObject({ error: 'no_free_session', unavailable: { frozen: 1 } });
      const listed = await world.service
        .as('admin')
        .get('/sessions?condition=frozen&sort=-health')
        .expect(200);
      expect(listed.body).toMatchObject([{ id }]);
    }),
  );

  it(
    'is free again after a check that finds it alive',
    withTelegram(async (world) => {
      const { id, name } = await logIn(world, ADA);
      become(world, ADA, 'frozen');
      await test(world, id);
      become(world, ADA, 'alive');
      expect((await test(world, id)).body).toMatchObject({ is_valid: true, status: 'active', error: null });
      expect(await shown(world, id)).toMatchObject({
        status: 'free',
        condition: 'alive',
        condition_detail: null,
      });
      expect(await leasedFor(world, '')).toBe(name);
      const { body } = await world.service.as('monitor').get(`/sessions/${id}/history`).expect(200);
      const events = body.map(({ event }: { event: string }) => event);
      expect(events).toEqual(expect.arrayContaining(['frozen', 'alive']));
    }),
  );

  it(
    'is what a worker reports, and keeps its lease: it can read on',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      const answer = await report(world, '', 'FROZEN_METHOD_INVALID', 'messages.getDialogs');
      expect(answer).toMatchObject({ action: 'swap', status: 'frozen', floodwait_until: null });
      expect(await shown(world, id)).toMatchObject({ status: 'frozen', condition: 'frozen' });
      // Even a method that reads is not tried again once the account was refused it.
      expect(await leasedFor(world, 'allow=frozen&method=messages.getDialogs')).toBeNull();
      expect(await leasedFor(world, `allow=frozen&method=${READ}`)).not.toBeNull();
    }),
  );

  it(
    'is found by the health job, which goes on to check it',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      become(world, ADA, 'frozen');
      await world.service.time.advance(60);
      expect(await world.service.container.health.round(0)).toMatchObject({ checked: 0, frozen: 1, dead: 0 });
      become(world, ADA, 'alive');
      await world.service.time.advance(60);
      expect(await world.service.container.health.round(0)).toMatchObject({ checked: 1, frozen: 0, dead: 0 });
      expect(await shown(world, id)).toMatchObject({ status: 'free' });
    }),
  );
});

describe('an account that Telegram limits', () => {
  it(
    'is leased for what it can do, and not for what it cannot, for a day',
    withTelegram(async (world) => {
      const { id, name } = await logIn(world, ADA);
      const answer = await report(world, `method=${SEND}`, 'PEER_FLOOD', SEND);
      expect(answer).toMatchObject({
        ...{ action: 'swap', status: 'limited', floodwait_until: '2025-03-02T12:00:00.000Z' },
      });
      expect(await shown(world, id)).toMatchObject({
        ...{ status: 'free', condition: 'limited' },
        condition_detail: { reason: 'PEER_FLOOD', until: '2025-03-02T12:00:00.000Z', appeal_url: null },
      });
      for (const query of ['', `method=${SEND}`, 'method=channels.inviteToChannel', 'strategy=healthiest'])
        expect(await leasedFor(world, query)).toBeNull();
      expect(await leasedFor(world, `method=${READ}`)).toBe(name);
      expect(await world.service.status()).toMatchObject({ limited: 1, flooded_for_methods: 1, free: 0 });
      expect((await test(world, id)).body).toMatchObject({ is_valid: true, status: 'limited' });
      await world.service.time.advance(86_400);
      expect(await world.service.status()).toMatchObject({ limited: 0, free: 1 });
      expect(await leasedFor(world, `method=${SEND}`)).toBe(name);
    }),
  );
});

describe('accounts of every condition', () => {
  it(
    'are told apart: only the one that is alive is leased to who asks for nothing in particular',
    withTelegram(async (world) => {
      const [ada, ben, cat] = [await logIn(world, ADA), await logIn(world, BEN), await logIn(world, CAT)];
      become(world, ADA, 'frozen');
      become(world, BEN, 'dead');
      const found = [];
      for (const { id } of [ada, ben, cat]) found.push((await test(world, id)).body.status);
      expect(found).toEqual(['frozen', 'dead', 'active']);
      expect(await shown(world, ben.id)).toMatchObject({
        status: 'dead',
        condition: 'dead',
        health: { score: 0 },
      });
      const names = new Set<string | null>();
      for (let time = 0; time < 4; time += 1) names.add(await leasedFor(world, ''));
      expect([...names]).toEqual([cat.name]);
      const metrics = await world.service.as('monitor').get('/metrics').expect(200);
      for (const [condition, n] of [
        ['alive', 1],
        ['limited', 0],
        ['frozen', 1],
        ['dead', 1],
      ])
        expect(metrics.text).toContain(`telegate_sessions_by_condition{condition="${condition}"} ${n}`);
    }),
  );
});
