import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { SessionFileUnreadable } from '../../src/intake/errors.js';
import { Scanner } from '../../src/intake/scanner.js';
import { type Granted, type Service, withService } from '../service/service.js';
import { sqliteImage } from './session_files.js';
import { KURIGRAM, TELETHON } from './session_layouts.js';
import { listed, ownSync, sync } from './syncing.js';

const KEY = randomBytes(256);
const NEWS = `(-1000000000077, -9007199254740993, 'news', NULL, 'The news', 1700000000)`;
const ARCHIVE = `(-1000000000088, 5, 'archive', NULL, 'The archive', 1690000000)`;

function telethon(rows: readonly string[], key = KEY): Buffer {
  return sqliteImage(
    `${TELETHON}; ${rows.map((row) => `INSERT INTO entities VALUES ${row};`).join('')}`,
    key,
  );
}

/** A row that Telethon writes at this second of the service's time. */
function seenNow({ time }: Service, id: number, name: string): string {
  return `(-10000000000${id}, 5, '${name}', NULL, NULL, ${Math.ceil(time.wall() / 1000)})`;
}

/** What sessions know: their names, channels, and when these were seen or used. */
async function known(service: Service): Promise<string[]> {
  const { body } = await service.as('admin').get('/peers?session_id=1').expect(200);
  return body.map((peer: { channel: string; id: number }) => `${peer.channel} ${peer.id}`);
}

async function leaseAndRelease(service: Service, query: string): Promise<Granted & { peer?: unknown }> {
  const lease: Granted = await service.lease(query);
  const { session_id, lease_id } = lease;
  await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
  return lease;
}

describe('a session file that remembers channels', () => {
  it(
    'lets its session know them from the start, exactly, and counts no resolve',
    withService(
      async (service) => {
        const { text } = await service.as('admin').get('/peers?channel=@news').expect(200);
        expect(text).toContain('"access_hash":-9007199254740993');
        expect(JSON.parse(text)).toMatchObject([
          {
            session_name: 'knowing',
            type: 'channel',
            title: 'The news',
            used_at: '2023-11-14T22:13:20.000Z',
          },
        ]);
        for (const channel of ['@News', '77', '@archive', '@kurigram'])
          expect((await leaseAndRelease(service, `channel=${channel}`)).peer).not.toBeNull();
        expect((await leaseAndRelease(service, 'channel=@news')).session_name).toBe('knowing');
        expect((await leaseAndRelease(service, 'channel=@kurigram')).session_name).toBe('pyro');
        const budget = await service.as('admin').get('/sessions/1/resolve-budget').expect(200);
        expect(budget.body).toMatchObject({ resolves_used: 0 });
      },
      {
        files: {
          'empty.session': telethon([], randomBytes(256)),
          'knowing.session': telethon([NEWS, ARCHIVE]),
          'pyro.session': sqliteImage(
            `${KURIGRAM}; INSERT INTO peers VALUES (-1000000000099, 5, 'channel', NULL, 1700000000);
             INSERT INTO usernames VALUES (-1000000000099, 'kurigram')`,
            randomBytes(256),
          ),
        },
      },
    ),
  );

  it(
    'is never written to, and nothing is made beside it',
    withService(
      async (service) => {
        await sync(service);
        expect(await known(service)).toHaveLength(1);
        expect(readdirSync(service.sessionsDir)).toEqual(['a.session']);
        expect(readFileSync(join(service.sessionsDir, 'a.session'))).toEqual(telethon([NEWS]));
      },
      { files: { 'a.session': telethon([NEWS]) } },
    ),
  );

  it(
    'brings its own channels when it replaces another account’s, whose channels are forgotten',
    withService(
      async (service) => {
        expect(await known(service)).toEqual(['@news 77']);
        service.write('a.session', telethon([ARCHIVE], randomBytes(256)));
        await sync(service);
        expect(await known(service)).toEqual(['@archive 88']);
      },
      { files: { 'a.session': telethon([NEWS]) } },
    ),
  );

  it(
    'adds what a worker resolves in it, and never again what Telegram has refused since',
    withService(
      async (service) => {
        await service.time.advance(60);
        const { session_id, lease_id } = await service.lease();
        const refused = { session_id, lease_id, error: 'CHANNEL_INVALID', channel: '@news' };
        await service.as('worker').post('/report').send(refused).expect(200);
        expect(await known(service)).toEqual([]);
        service.write('a.session', telethon([NEWS, seenNow(service, 99, 'found')]));
        await sync(service);
        expect(await known(service)).toEqual(['@found 99']);
      },
      { files: { 'a.session': telethon([NEWS]) } },
    ),
  );

  it(
    'is read again by the next sync if its channels could not be read',
    withService(async (service) => {
      class HastyScanner extends Scanner {
        override channels(file: string): never {
          throw new SessionFileUnreadable(file, 'changed while it was read');
        }
      }
      const scanner = new HastyScanner({ root: service.sessionsDir, check: 'lenient', maxBytes: 2 ** 20 });
      const hasty = ownSync(service, { scanner });
      try {
        service.write('a.session', telethon([NEWS]));
        expect(await hasty.sync.sync()).toMatchObject({ added: 1, unsettled: [] });
        expect(await known(service)).toEqual([]);
        expect((await service.lease()).session_name).toBe('a');
        await sync(service);
        expect(await known(service)).toEqual(['@news 77']);
        expect(await sync(service)).toMatchObject({ updated_sessions: 0 });
      } finally {
        await hasty.close();
      }
    }),
  );

  it(
    'holds up no sync if there are many: what takes long is read afterwards, in turn with other syncs',
    withService(async (service) => {
      let open = () => {};
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      let read = 0;
      // Of its own: the service's watcher, which sees the files as well, waits for the service's time.
      let now = service.container.clock.now();
      class SlowScanner extends Scanner {
        override async channels(...of: [string, string, number]) {
          read += 1;
          if (read > 1) await opened;
          now += 2_000;
          return super.channels(...of);
        }
      }
      const scanner = new SlowScanner({ root: service.sessionsDir, check: 'lenient', maxBytes: 2 ** 20 });
      const slow = ownSync(service, { scanner, clock: { now: () => now } });
      const all = async () => (await service.as('admin').get('/peers?channel=@news').expect(200)).body.length;
      try {
        for (const name of ['a', 'b', 'c'])
          service.write(`${name}.session`, telethon([NEWS], randomBytes(256)));
        expect(await slow.sync.sync()).toMatchObject({ added: 3, unsettled: [] });
        expect(await all()).toBe(1);
        open();
        await slow.sync.exclusively(async () => expect(await all()).toBe(2));
        await slow.sync.exclusively(async () => expect(await all()).toBe(3));
        expect(await sync(service)).toMatchObject({ updated_sessions: 0 });
      } finally {
        open();
        await slow.close();
      }
    }),
  );

  it(
    'is imported whatever its table of channels holds',
    withService(
      async (service) => {
        expect([...(await listed(service)).values()].map(({ status }) => status)).toEqual(['free']);
        expect(await known(service)).toEqual(['8 8']);
      },
      {
        files: {
          'a.session': sqliteImage(
            `${TELETHON.replace(/CREATE TABLE entities \([^)]*\)/, 'CREATE TABLE entities (id, hash, username, name, date)')};
             INSERT INTO entities VALUES (-1000000000007, x'05', 'a', 'b', 'c'),
               (-1000000000008, 5, x'00', printf('%.*c', 900000, 'x'), 'soon'), ('x', NULL, 7, 7, -7)`,
            KEY,
          ),
        },
      },
    ),
  );
});
