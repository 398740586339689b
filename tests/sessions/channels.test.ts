import { describe, expect, it } from '@jest/globals';
import { logIn, type World, withTelegram } from '../logins/over_sandbox.js';

const ADA = '+9996610001';

function channels({ service }: World, id: number, query = '') {
  return service.as('admin').get(`/sessions/${id}/channels${query}`);
}

describe('the channels of a session', () => {
  it(
    'arrive with ids and access hashes digit for digit, negative ones too',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      const answer = await channels(world, id).expect(200);
      expect(answer.text).toContain('"access_hash":-1234567890123456789,');
      const news = answer.body.find(({ id }: { id: number }) => id === 1000000001);
      expect(news).toMatchObject({
        username: 'sandbox_news',
        title: 'Sandbox News',
        participants_count: 48211,
        is_broadcast: true,
        is_megagroup: false,
        is_private: false,
        description: 'A public channel with 5,000 messages.',
      });
      const team = answer.body.find(({ title }: { title: string }) => title === 'Sandbox Team');
      expect(team).toMatchObject({ username: null, is_megagroup: true, is_private: true });
      const ben = await logIn(world, '+9996610002');
      expect((await channels(world, ben.id).expect(200)).text).toContain('"access_hash":9007199254740993,');
    }),
  );

  it(
    'are cached for ten minutes; refresh asks again',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      await channels(world, id).expect(200);
      const asked = () => world.sandbox.connections.list().length;
      const before = asked();
      await world.service.time.advance(599);
      await world.service.lease();
      await channels(world, id).expect(200);
      expect(asked()).toBe(before);
      await channels(world, id, '?refresh=true').expect(409);
      await world.service.as('worker').post('/release').send({ session_id: id }).expect(200);
      await channels(world, id, '?refresh=true').expect(200);
      expect(asked()).toBe(before + 1);
      await world.service.time.advance(601);
      await channels(world, id).expect(200);
      expect(asked()).toBe(before + 2);
    }),
  );

  it(
    'are requested once for two concurrent calls',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      const before = world.sandbox.connections.list().length;
      const answers = await Promise.all([channels(world, id), channels(world, id), channels(world, id)]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(world.sandbox.connections.list()).toHaveLength(before + 1);
    }),
  );

  it(
    'come without descriptions if Telegram floods those: the method is blocked, the list is not lost',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      world.sandbox.faults.add({ fault: 'FLOOD_WAIT_99', method: 'channels.getFullChannel', phone: ADA });
      const answer = await channels(world, id).expect(200);
      expect(answer.body.length).toBeGreaterThan(2);
      expect(answer.body[0].description).toBeNull();
      expect((await world.service.status()).flooded_for_methods).toBe(1);
    }),
  );

  it(
    'are all there, however many',
    withTelegram(async (world) => {
      const { id } = await logIn(world, '+9996620003');
      const answer = await channels(world, id).expect(200);
      expect(answer.body.length).toBeGreaterThanOrEqual(231);
    }),
  );
});
