import { describe, expect, it } from '@jest/globals';
import { decodeSessionString, encodeSessionString } from '../../src/intake/formats/session_string.js';
import { telethonFile } from '../../src/intake/formats/telethon_file.js';
import { logIn, type World, withTelegram } from '../logins/over_sandbox.js';

const [ADA, BEN] = ['+9996610001', '+9996610002'];
const PYROGRAM = 'credentials=string&format=pyrogram';

/** Adds sessions of these accounts as files without a user id; returns their ids. */
async function dropped(world: World, phones: readonly string[] = [ADA]): Promise<number[]> {
  const { service } = world;
  const admin = service.as('admin');
  const files: Buffer[] = [];
  for (const phone of phones) {
    const { id } = await logIn(world, phone);
    const { session_string } = (await admin.get(`/sessions/${id}/export`).expect(200)).body;
    await admin.delete(`/sessions/${id}`).expect(200);
    files.push(fileOf(session_string));
  }
  for (const [index, file] of files.entries()) service.write(`s${index}.session`, file);
  await admin.post('/sync').expect(200);
  const { body } = await admin.get('/sessions').expect(200);
  return body.map(({ id }: { id: number }) => id);
}

/** A Telethon file of the session: it has no user id. */
function fileOf(string: string): Buffer {
  const decoded = decodeSessionString(string);
  if (!decoded) throw new Error('no session string');
  return telethonFile(decoded.credentials);
}

function userOf(string: string): string | null | undefined {
  return decodeSessionString(string)?.credentials.userId;
}

describe('a Pyrogram string', () => {
  it('is never written with the user 0', () => {
    const { credentials } = decodeSessionString(
      encodeSessionString(
        {
          ...{ dcId: 2, serverAddress: '149.154.167.51', port: 443, authKey: Buffer.alloc(256, 1) },
          ...{ userId: '7', apiId: 1, isBot: false },
        },
        'pyrogram',
      ),
    ) ?? { credentials: null };
    expect(credentials?.userId).toBe('7');
    if (!credentials) throw new Error('not decoded');
    expect(() => encodeSessionString({ ...credentials, userId: null }, 'pyrogram')).toThrow(RangeError);
    expect(encodeSessionString({ ...credentials, userId: null }, 'telethon')).toMatch(/^1/);
  });

  it(
    'of a session with an unknown user is exported once Telegram has identified it',
    withTelegram(async (world) => {
      const { service, sandbox } = world;
      const [id] = await dropped(world);
      const path = `/sessions/${id}/export?format=pyrogram`;
      const { body } = await service.as('admin').get(path).expect(200);
      expect(userOf(body.session_string)).toBe('7000000001');
      // It is known from then on.
      sandbox.faults.add({ fault: 'SESSION_REVOKED', phone: ADA });
      expect((await service.as('admin').get(path).expect(200)).body).toEqual(body);
    }),
  );

  it(
    'is not exported if Telegram does not identify it, or a worker holds the session',
    withTelegram(async (world) => {
      const { service, sandbox } = world;
      const [id] = await dropped(world);
      const path = `/sessions/${id}/export?format=pyrogram`;
      const lease = await service.lease();
      const busy = await service.as('admin').get(path).expect(409);
      expect(busy.body.detail).toMatchObject({ error: 'session_in_use' });
      await service.as('worker').post('/release').send(lease).expect(200);
      sandbox.faults.add({ fault: 'USER_DEACTIVATED', phone: ADA });
      const refused = await service.as('admin').get(path).expect(409);
      const message = expect.stringContaining('USER_DEACTIVATED');
      expect(refused.body.detail).toMatchObject({ error: 'user_id_unknown', session_id: id, message });
      await service.as('admin').get(`/sessions/${id}/export`).expect(200);
    }),
  );

  it(
    'is leased once Telegram has identified the session, which nobody else gets meanwhile',
    withTelegram(async (world) => {
      const { service, sandbox } = world;
      await dropped(world, [ADA, BEN]);
      const ask = () => service.as('worker').get(`/session?${PYROGRAM}&wait=20`).expect(200);
      const leases = await Promise.all([ask(), ask()]);
      const users = leases.map(({ body }) => userOf(body.session_string));
      expect(users.sort()).toEqual(['7000000001', '7000000002']);
      expect(await service.status()).toMatchObject({ in_use: 2, free: 0 });
      expect(sandbox.connections.overlaps()).toEqual([]);
    }),
  );

  it(
    'leases the same session to a repeated request',
    withTelegram(async (world) => {
      const { service } = world;
      await dropped(world);
      const ask = () => service.as('worker').get(`/session?${PYROGRAM}`).set('Idempotency-Key', 'k');
      const first = await ask().expect(200);
      expect((await ask().expect(200)).body).toEqual(first.body);
    }),
  );

  it(
    'leases nothing if Telegram does not identify the session, and says so',
    withTelegram(async (world) => {
      const { service, sandbox } = world;
      const [id] = await dropped(world);
      sandbox.faults.add({ fault: 'FLOOD_WAIT_120', phone: ADA });
      const flooded = await service.as('worker').get(`/session?${PYROGRAM}`).expect(409);
      expect(flooded.body.detail).toMatchObject({ error: 'user_id_unknown', session_id: id });
      expect(await service.status()).toMatchObject({ in_use: 0, total: 1 });
      await service.lease('credentials=string&method=messages.getHistory');
    }),
  );
});
