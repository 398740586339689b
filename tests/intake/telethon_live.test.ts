import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Service, withService } from '../service/service.js';
import { pythonWithTelethon, TelethonClient } from './telethon.js';

const python = pythonWithTelethon();
if (python === null) {
  process.stderr.write('skipped: real Telethon is not installed (apt-get install python3-telethon)\n');
}
const withTelethon = python === null ? describe.skip : describe;

/** Runs the test while Telethon has `live.session` open. */
function live(test: (service: Service, telethon: TelethonClient) => Promise<void>): () => Promise<void> {
  return withService(async (service) => {
    const telethon = new TelethonClient(python ?? '', join(service.sessionsDir, 'live.session'));
    try {
      expect(await telethon.answer()).toBe('ready');
      await service.as('admin').post('/sync').expect(200);
      await test(service, telethon);
    } finally {
      await telethon.end();
    }
  });
}

function digest(service: Service): string {
  return createHash('sha256')
    .update(readFileSync(join(service.sessionsDir, 'live.session')))
    .digest('hex');
}

async function stateOf(service: Service): Promise<string> {
  return (await service.as('monitor').get('/sessions/1').expect(200)).body.status;
}

withTelethon('a session file that Telethon has open', () => {
  it(
    'is recognised, and leased with exactly the key that Telethon wrote',
    live(async (service, telethon) => {
      await telethon.tell('once');
      await service.as('admin').post('/sync').expect(200);
      const lease = await service.lease('credentials=string');
      expect(lease).toMatchObject({ session_name: 'live', format: 'telethon' });
      const { body } = await service.as('admin').post('/release').send({ session_id: lease.session_id });
      expect(body.status).toBe('released');
      const { session_string: text } = lease as unknown as { session_string: string };
      const key = Buffer.from(text.slice(1), 'base64url').subarray(-256);
      expect([...key]).toEqual(Array.from({ length: 256 }, (_, index) => index));
    }),
  );

  it(
    'keeps the bytes that Telethon wrote, with nothing beside it, however often it is scanned',
    live(async (service, telethon) => {
      for (let turn = 0; turn < 5; turn += 1) {
        expect(await telethon.tell('once')).toBe('done');
        const before = await telethon.tell('digest');
        const listing = readdirSync(service.sessionsDir);
        await service.as('admin').post('/sync').expect(200);
        const { session_id } = await service.lease('credentials=file');
        await service.as('worker').post('/release').send({ session_id }).expect(200);
        expect(readdirSync(service.sessionsDir)).toEqual(listing);
        expect(await telethon.tell('digest')).toBe(before);
        expect(`digest ${digest(service)}`).toBe(before);
      }
    }),
  );

  it(
    'stays leasable while Telethon writes continuously, and Telethon never finds it locked',
    live(async (service, telethon) => {
      expect(await telethon.tell('run')).toBe('done');
      for (let turn = 0; turn < 40; turn += 1) {
        await service.as('admin').post('/sync').expect(200);
        expect(await stateOf(service)).toBe('free');
        const { session_id } = await service.lease();
        await service.as('worker').post('/release').send({ session_id }).expect(200);
      }
      expect(await telethon.tell('pause')).toBe('done');
      expect(await telethon.tell('check')).toBe('checked None ok True True');
      expect(readdirSync(service.sessionsDir)).toEqual(['live.session']);
      expect(await service.status()).toMatchObject({ total: 1, free: 1 });
    }),
  );
});
