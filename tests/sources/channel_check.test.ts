import { describe, expect, it } from '@jest/globals';
import { logIn, type World, withTelegram } from '../logins/over_sandbox.js';
import { withService } from '../service/service.js';

const ADA = '+9996610001';

function check({ service }: World, body: object) {
  return service.as('admin').post('/sources/check').send(body);
}

describe('a channel, before a source of it is saved', () => {
  it(
    'is looked up by its name or, with the session that shall read it, by its id',
    withTelegram(async (world) => {
      const { id: session_id } = await logIn(world, ADA);
      const named = await check(world, { channel_username: 'https://t.me/sandbox_news' }).expect(200);
      expect(named.body).toEqual({
        ...{ exists: true, identifier: '@sandbox_news', reason: null },
        channel: { title: 'Sandbox News', username: 'sandbox_news', is_private: false },
      });
      const byId = await check(world, { channel_id: 1000000001, session_id }).expect(200);
      expect(byId.body).toMatchObject({ exists: true, identifier: '1000000001' });
      const none = await check(world, { identifier: '@nobody_has_this' }).expect(200);
      expect(none.body).toMatchObject({ exists: false, reason: 'nobody has this name', channel: null });
      const elsewhere = await check(world, { channel_id: 1999999999, session_id }).expect(200);
      expect(elsewhere.body).toMatchObject({ exists: false, reason: 'the session is not in this channel' });
      await check(world, { identifier: 'no channel at all' }).expect(400);
      await check(world, {}).expect(422);
      await check(world, { identifier: '@sandbox_news', session_id: 99 }).expect(404);
    }),
  );

  it(
    'is not looked up by sessions that have resolved as many names as they may',
    withTelegram(
      async (world) => {
        const { id: session_id } = await logIn(world, ADA);
        await check(world, { identifier: '@sandbox_news' }).expect(200);
        const unknown = { exists: null, reason: 'no session may resolve a name now', channel: null };
        expect((await check(world, { identifier: '@nobody_has_this' }).expect(200)).body).toMatchObject(
          unknown,
        );
        const asked = { identifier: '@nobody_has_this', session_id };
        expect((await check(world, asked).expect(200)).body).toMatchObject(unknown);
      },
      { settings: { RESOLVE_BUDGET_PER_DAY: '1' } },
    ),
  );

  it(
    'is refused if there is none, and saved if Telegram cannot say',
    withTelegram(async (world) => {
      const { id: session_id } = await logIn(world, ADA);
      const make = (over: object) =>
        world.service
          .as('admin')
          .post('/sources/public')
          .send({ name: 'n', target: 'LOCAL', is_active: false, check_channel: true, ...over });
      const refused = await make({ channel_username: 'nobody_has_this' }).expect(400);
      expect(refused.body).toMatchObject({ code: 'channel_not_found', field: 'channel_username' });
      expect((await world.service.as('admin').get('/sources')).body).toEqual([]);
      await make({ channel_username: 'sandbox_news' }).expect(200);
      await world.service.lease(`session_id=${session_id}`);
      const busy = await check(world, { identifier: '@nobody_has_this' }).expect(200);
      expect(busy.body).toMatchObject({ exists: null, reason: 'no session is free' });
      await make({ channel_username: 'nobody_has_this' }).expect(200);
    }),
  );

  it(
    'is not looked up unless that is asked for, and never by anybody but an admin',
    withService(async (service) => {
      const source = { name: 'n', target: 'LOCAL', is_active: false, channel_username: 'nobody_has_this' };
      await service.as('admin').post('/sources/public').send(source).expect(200);
      await service.as('monitor').post('/sources/check').send({ identifier: '@x_channel' }).expect(403);
    }),
  );
});
