import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { readCredentials } from '../../src/intake/formats/inspect.js';
import { readKnownChannels } from '../../src/intake/formats/known_channels.js';
import { decodeSessionString, encodeSessionString } from '../../src/intake/formats/session_string.js';
import { telethonFile as telethonFileOf } from '../../src/intake/formats/telethon_file.js';
import type { RememberedChannel } from '../../src/peers/store.js';
import { sqliteImage, telethonFile } from '../intake/session_files.js';
import type { Service } from '../service/service.js';
import { logIn, post, type World, withTelegram } from './over_sandbox.js';

const ADA = '+9996610001';

/** A session that is not in the pool: its file and its strings. */
async function sessionOf(world: World, phone = ADA) {
  const admin = world.service.as('admin');
  const { id } = await logIn(world, phone);
  const string = async (format: string): Promise<string> =>
    (await admin.get(`/sessions/${id}/export?format=${format}`).expect(200)).body.session_string;
  const file = await exportedFile(world.service, id);
  const strings = {
    telethon: await string('telethon'),
    gramjs: await string('gramjs'),
    pyrogram: await string('pyrogram'),
  };
  await admin.delete(`/sessions/${id}`).expect(200);
  return { file, ...strings };
}

async function exportedFile(service: Service, id: number): Promise<Buffer> {
  const export_ = service.as('admin').get(`/sessions/${id}/export?format=file`);
  return (await export_.buffer(true).parse(binary).expect(200)).body;
}

function binary(res: unknown, done: (error: Error | null, body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  if (!(res instanceof Readable)) throw new Error('not a stream');
  res.on('data', (chunk: Buffer) => chunks.push(chunk));
  res.on('end', () => done(null, Buffer.concat(chunks)));
}

function upload(service: Service, file: Buffer, fields: Record<string, string> = {}, name = 'some.session') {
  const request = service.as('admin').post('/sessions/upload-file').attach('session_file', file, name);
  for (const [field, value] of Object.entries(fields)) request.field(field, value);
  return request;
}

describe('an uploaded session file', () => {
  it(
    'with a name is saved at once, and leasable',
    withTelegram(async (world) => {
      const { file } = await sessionOf(world);
      const answer = await upload(world.service, file, {
        session_name: 'imported',
        phone_number: ADA,
      }).expect(200);
      expect(answer.body).toMatchObject({ session_name: 'imported', phone_number: ADA, status: 'free' });
      expect((await world.service.lease()).session_name).toBe('imported');
    }),
  );

  it(
    'of Pyrogram becomes one of Telethon’s',
    withTelegram(async (world) => {
      const { telethon } = await sessionOf(world);
      const key = decodeSessionString(telethon)?.credentials.authKey;
      const pyrogram = sqliteImage(
        `CREATE TABLE version (number INTEGER PRIMARY KEY);
         CREATE TABLE sessions (dc_id INTEGER PRIMARY KEY, api_id INTEGER, test_mode INTEGER, auth_key BLOB,
           date INTEGER NOT NULL, user_id INTEGER, is_bot INTEGER);
         INSERT INTO version VALUES (3);
         INSERT INTO sessions VALUES (1, 2040, 0, x'', 0, 7000000001, 0)`,
        key,
      );
      const answer = await upload(world.service, pyrogram, { session_name: 'pyro' }).expect(200);
      expect(answer.body).toMatchObject({
        format: 'telethon',
        phone_number: ADA,
        session_file: 'pyro.session',
      });
      const test = await world.service.as('admin').post(`/sessions/${answer.body.id}/test`).expect(200);
      expect(test.body.is_valid).toBe(true);
    }),
  );

  it(
    'without a name waits to be finalized',
    withTelegram(async (world) => {
      const { file } = await sessionOf(world);
      const fields = { api_id: '12345678', api_hash: 'your_hash' };
      const answer = await upload(world.service, file, fields).expect(200);
      expect(answer.body).toMatchObject({ phone_number: ADA, message: expect.any(String) });
      const { temp_session_id } = answer.body;
      expect((await world.service.as('admin').get('/sessions')).body).toEqual([]);
      const again = await upload(world.service, file, { session_name: 'other' }).expect(409);
      expect(again.body.detail).toMatchObject({ error: 'auth_key_taken' });
      const saved = await post(world.service, '/sessions/finalize', { temp_session_id, name: 'mine' }).expect(
        200,
      );
      expect(saved.body).toMatchObject({ name: 'mine', api_id: 12345678, phone_number: ADA });
    }),
  );

  it(
    'brings the channels that it remembers, in the pool and in the file of its session, whether saved at once or later',
    withTelegram(async (world) => {
      const { service } = world;
      const { telethon } = await sessionOf(world);
      const credentials = decodeSessionString(telethon)?.credentials;
      if (!credentials) throw new Error('not a string of Telethon');
      const news: RememberedChannel = {
        ...{ channelId: '1000000001', accessHash: '-1234567890123456789', type: 'channel', title: 'News' },
        ...{ usernames: ['sandbox_news'], seenAt: 1_700_000_000_000 },
      };
      const file = telethonFileOf(credentials, [news]);
      for (const fields of [{ session_name: 'once' }, {}]) {
        const { body } = await upload(service, file, fields).expect(200);
        const { temp_session_id } = body;
        if (temp_session_id)
          await post(service, '/sessions/finalize', { temp_session_id, name: 'later' }).expect(200);
        const { body: peers } = await service.as('admin').get('/peers?channel=@sandbox_news').expect(200);
        expect(peers).toMatchObject([{ session_name: temp_session_id ? 'later' : 'once', title: 'News' }]);
        const [{ session_id: id }] = peers;
        const written = await exportedFile(service, id);
        expect(readKnownChannels(written)).toEqual([news]);
        const lease = await service.lease('channel=@sandbox_news');
        await service.as('worker').post('/release').send(lease).expect(200);
        const budget = await service.as('admin').get(`/sessions/${id}/resolve-budget`).expect(200);
        expect(budget.body).toMatchObject({ resolves_used: 0, channels_known: 1 });
        await service.as('admin').delete(`/sessions/${id}`).expect(200);
      }
      expect(world.sandbox.resolves.list()).toEqual([]);
    }),
  );

  it(
    'is refused if it is already known, naming the session',
    withTelegram(async (world) => {
      const { id } = await logIn(world, ADA);
      const file = await exportedFile(world.service, id);
      const lease = await world.service.lease();
      const answer = await upload(world.service, file, { session_name: 'twice' }).expect(409);
      expect(answer.body.detail).toMatchObject({
        error: 'auth_key_taken',
        session_id: id,
        session_name: lease.session_name,
      });
      expect(readdirSync(world.service.sessionsDir)).toEqual(['9996610001.session']);
    }),
  );

  it(
    'that is not a session is rejected with what it is',
    withTelegram(async ({ service, sandbox }) => {
      const bad: [Buffer, RegExp][] = [
        [Buffer.alloc(0), /empty/],
        [Buffer.from('hello'), /SQLite/],
        [telethonFile().subarray(0, 3000), /./],
        [sqliteImage('CREATE TABLE notes (text)'), /./],
        [telethonFile(Buffer.alloc(0)), /log/],
        [telethonFile(Buffer.alloc(17, 1)), /17/],
      ];
      for (const [bytes, reason] of bad) {
        const answer = await upload(service, bytes, { session_name: 'bad' }).expect(400);
        expect(answer.body.detail).toMatch(/^session_file: /);
        expect(answer.body.detail).toMatch(reason);
      }
      expect(readdirSync(service.sessionsDir)).toEqual([]);
      expect(sandbox.connections.list()).toEqual([]);
    }),
  );

  it.each(['some.txt', 'some', 'some.session.txt', 'session'])('is rejected if it is called %s', (name) =>
    withTelegram(async (world) => {
      const { file } = await sessionOf(world);
      const { body } = await upload(world.service, file, { session_name: 'x' }, name).expect(400);
      expect(body).toEqual({
        detail: 'session_file: expected a file named .session',
        code: 'not_a_session',
        field: 'session_file',
      });
    })(),
  );

  it(
    'that is missing, huge or in another field is rejected by its field',
    withTelegram(
      async ({ service }) => {
        const admin = service.as('admin');
        const none = await admin.post('/sessions/upload-file').field('session_name', 'x').expect(422);
        expect(none.body.detail[0]).toMatchObject({ loc: ['body', 'session_file'], type: 'missing' });
        const huge = await upload(service, Buffer.alloc(200_000), { session_name: 'x' }).expect(413);
        expect(huge.body.detail).toMatch(/session_file/);
        const other = await admin
          .post('/sessions/upload-file')
          .attach('file', telethonFile(), 'x')
          .expect(422);
        expect(JSON.stringify(other.body)).toMatch(/session_file/);
        const json = await post(service, '/sessions/upload-file', { session_file: 'abc' }).expect(422);
        expect(json.body.detail[0].loc).toEqual(['body', 'session_file']);
      },
      { settings: { SESSION_FILE_MAX_BYTES: '100000' } },
    ),
  );

  it(
    'that Telegram does not accept is rejected, and leaves nothing behind',
    withTelegram(async (world) => {
      const { service, sandbox } = world;
      const unknown = await upload(service, telethonFile(), { session_name: 'stranger' }).expect(400);
      expect(unknown.body.detail).toMatch(/does not accept this session: AUTH_KEY_UNREGISTERED/);
      const { file } = await sessionOf(world);
      sandbox.faults.add({ fault: 'USER_DEACTIVATED_BAN', phone: ADA });
      const banned = await upload(service, file, { session_name: 'banned' }).expect(400);
      expect(banned.body.detail).toMatch(/USER_DEACTIVATED_BAN/);
      sandbox.faults.clear();
      expect(readdirSync(service.sessionsDir)).toEqual([]);
      await upload(service, file, { session_name: 'fine' }).expect(200);
    }),
  );

  it(
    'with a phone number that is not its own is rejected',
    withTelegram(async (world) => {
      const { file } = await sessionOf(world);
      const fields = { session_name: 'x', phone_number: '+1234567890' };
      const answer = await upload(world.service, file, fields).expect(400);
      expect(answer.body.detail).toBe(`phone_number: this session is ${ADA}'s, not +1234567890's`);
    }),
  );

  it(
    'is named as in the form, whatever path its own name contains',
    withTelegram(async (world) => {
      const { file } = await sessionOf(world);
      const fields = { session_name: 'safe' };
      await upload(world.service, file, fields, '../../../etc/passwd.session').expect(200);
      expect(readdirSync(world.service.sessionsDir)).toEqual(['safe.session']);
    }),
  );

  it(
    'sent by three requests at once is checked once: Telegram never sees two connections',
    withTelegram(async (world) => {
      const { file } = await sessionOf(world);
      const names = ['one', 'two', 'three'];
      const answers = await Promise.all(
        names.map((session_name) => upload(world.service, file, { session_name })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
      expect(world.sandbox.connections.overlaps()).toEqual([]);
    }),
  );

  it(
    'that is in the directory as well is not leased while it is checked',
    withTelegram(async (world) => {
      const { service } = world;
      const { file } = await sessionOf(world);
      const waiting = await upload(service, file).expect(200);
      service.write('dropped.session', file);
      await service.as('admin').post('/sync').expect(200);
      await service.as('worker').get('/session').expect(503);
      await service.as('admin').delete(`/sessions/temp/${waiting.body.temp_session_id}`).expect(200);
      expect((await service.lease()).session_name).toBe('dropped');
    }),
  );
});

describe('a session string', () => {
  it.each(['telethon', 'gramjs', 'pyrogram'] as const)(
    'of %s is accepted, as JSON, as a form and as multipart',
    (format) =>
      withTelegram(async (world) => {
        const session_string = (await sessionOf(world))[format];
        const admin = world.service.as('admin');
        const body = {
          name: 'My Account',
          phone_number: ADA,
          api_id: 12345678,
          api_hash: 'h',
          session_string,
        };
        const sent = [
          () => admin.post('/sessions/').send(body),
          () =>
            admin
              .post('/sessions')
              .type('form')
              .send({ ...body, api_id: '12345678' }),
          () => {
            const request = admin.post('/sessions/');
            for (const [field, value] of Object.entries(body)) request.field(field, String(value));
            return request;
          },
        ];
        for (const send of sent) {
          const answer = await send().expect(200);
          expect(answer.body).toMatchObject({ name: 'My Account', phone_number: ADA, api_id: 12345678 });
          await admin.delete(`/sessions/${answer.body.id}`).expect(200);
        }
      })(),
  );

  it(
    'that is invalid, or of a data centre that does not exist, is rejected',
    withTelegram(async (world) => {
      const send = (session_string: unknown) =>
        post(world.service, '/sessions/', { name: 'x', session_string });
      expect((await send('1ApWapz...').expect(400)).body.detail).toMatch(/^session_string: /);
      const decoded = decodeSessionString((await sessionOf(world)).telethon);
      if (!decoded) throw new Error('not read');
      const elsewhere = encodeSessionString({ ...decoded.credentials, dcId: 77 }, 'telethon');
      expect((await send(elsewhere).expect(400)).body.detail).toMatch(/data centre 77/);
      for (const wrong of ['', 5, null, undefined, 'x'.repeat(5000)]) await send(wrong).expect(422);
    }),
  );

  it(
    'becomes a file in Telethon’s format with the data centre’s own address',
    withTelegram(async (world) => {
      const { pyrogram } = await sessionOf(world);
      await post(world.service, '/sessions/', { name: 'x', session_string: pyrogram }).expect(200);
      const { id } = (await world.service.as('admin').get('/sessions')).body[0];
      const admin = world.service.as('admin');
      const file = await admin
        .get(`/sessions/${id}/export?format=file`)
        .buffer(true)
        .parse(binary)
        .expect(200);
      expect(readCredentials({ session: file.body, json: null })).toMatchObject({
        dcId: 1,
        serverAddress: '127.0.0.2',
        port: world.sandbox.port,
      });
    }),
  );
});
