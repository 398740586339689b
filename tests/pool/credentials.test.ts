import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type ServiceOptions, withService } from '../service/service.js';

const fixture = (path: string) => readFileSync(resolve('tests/fixtures/session-files', path));
const strings: Record<string, string> = JSON.parse(fixture('strings.json').toString());
const alpha = fixture('alpha.session');
const pool: ServiceOptions = {
  files: {
    'alpha.session': alpha,
    'pyro.session': fixture('pyrogram_v3.session'),
    'known.json': JSON.stringify({ session_string: strings.pyrogram }),
    'text.session': fixture('broken/text.session'),
  },
};

describe('credentials in the answer of GET /session', () => {
  it.each(['telethon', 'gramjs', 'pyrogram'] as const)(
    'are the session as a string, as %s itself writes it',
    (format) =>
      withService(async (service) => {
        const lease = await service.lease(`session_name=known&credentials=string&format=${format}`);
        expect(lease).toMatchObject({ session_name: 'known', session_string: strings[format] });
        expect(lease).not.toHaveProperty('session_data');
      }, pool)(),
  );

  it(
    'are Telethon strings by default, and only included on request',
    withService(async (service) => {
      const lease = await service.lease('session_name=known&credentials=string');
      expect(lease).toMatchObject({ session_string: strings.telethon });
      const plain = await service.lease('session_name=alpha');
      expect(plain).not.toHaveProperty('session_string');
    }, pool),
  );

  it(
    'include the file, byte for byte, on request; a JSON session has none',
    withService(async (service) => {
      const file = await service.lease('session_name=alpha&credentials=file');
      expect(file).toMatchObject({
        session_data: alpha.toString('base64'),
        session_string: expect.stringMatching(/^1[\w-]{351}=$/),
      });
      const json = await service.lease('session_name=known&credentials=file');
      expect(json).toMatchObject({ session_data: null, session_string: strings.telethon });
    }, pool),
  );

  it(
    'are only available for sessions with a known auth key',
    withService(async (service) => {
      const names = [];
      for (let turn = 0; turn < 3; turn += 1)
        names.push((await service.lease('credentials=string')).session_name);
      expect(names.sort()).toEqual(['alpha', 'known', 'pyro']);
      await service.as('worker').get('/session?credentials=string').expect(503);
      expect((await service.lease()).session_name).toBe('text');
    }, pool),
  );

  it(
    // On PostgreSQL they are also in the database.
    'that cannot be read any more leave no lease behind',
    withService(
      async (service) => {
        service.write('alpha.session', 'nothing that can be read');
        const answer = await service
          .as('worker')
          .get('/session?session_name=alpha&credentials=string')
          .expect(409);
        expect(answer.body.detail).toMatchObject({ error: 'credentials_unreadable', session_name: 'alpha' });
        expect((await service.status()).in_use).toBe(0);
      },
      { ...pool, database: 'sqlite' },
    ),
  );

  it(
    'never appear in the log',
    withService(async (service) => {
      await service.lease('session_name=known&credentials=file');
      const log = service.log.join('\n');
      for (const secret of Object.values(strings).filter((text) => String(text).length > 100))
        expect(log).not.toContain(secret);
    }, pool),
  );
});
