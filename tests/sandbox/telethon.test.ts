import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fileBytes } from '../../sandbox/world/files.js';
import { type TestSandbox, testSandbox } from './gramjs.js';

const python = '/usr/bin/python3';
const isInstalled = spawnSync(python, ['-c', 'import telethon']).status === 0;
const withTelethon = isInstalled ? describe : describe.skip;
const script = join('tests', 'sandbox', 'telethon_client.py');

let telegram: TestSandbox;
beforeAll(async () => {
  telegram = await testSandbox();
});
afterAll(() => telegram.close());

interface Report {
  readonly logged_in?: boolean;
  readonly me: { readonly id: number; readonly first_name: string; readonly access_hash: string };
  readonly dc: number;
  readonly dialogs: readonly string[];
  readonly channel: { readonly id: number; readonly access_hash: string; readonly title: string };
  readonly about: string;
  readonly ids: readonly number[];
  /** Requested by id, in a request so long that Telethon compresses it. */
  readonly hundred: readonly (number | null)[];
  readonly newest: readonly number[];
  readonly pts?: number;
  readonly files: Readonly<Record<string, string>>;
}

async function telethon(session: string, options: Record<string, unknown>): Promise<Report> {
  const { sandbox, directory } = telegram;
  const where = {
    dc: 1,
    address: sandbox.addresses[0],
    port: sandbox.port,
    rsa_key: sandbox.rsaPublicKey.pem,
  };
  const wanted = JSON.stringify({ ...where, session: join(directory, session), ...options });
  const { stdout } = await promisify(execFile)(python, [script, wanted], { timeout: 25_000 });
  return JSON.parse(stdout);
}

withTelethon('real Telethon (skipped without python3-telethon)', () => {
  const ada = { phone: '+9996610001', code: '11111' };

  test('logs in, reads a whole channel and downloads its files', async () => {
    const report = await telethon('ada', { ...ada, channel: 'sandbox_news' });
    expect(report).toMatchObject({ logged_in: true, me: { id: 7_000_000_001, first_name: 'Ada' }, dc: 1 });
    expect(report.dialogs).toEqual(['Sandbox Archive', 'Sandbox News', 'Sandbox Team']);
    expect(report.channel).toEqual({
      id: 1_000_000_001,
      access_hash: '-1234567890123456789',
      title: 'Sandbox News',
    });
    expect(report.about).toBe('A public channel with 5,000 messages.');
    const feed = telegram.sandbox.world.channels[0]?.feed;
    expect(report.ids).toHaveLength(feed?.count ?? 0);
    expect(new Set(report.ids).size).toBe(feed?.count);
    expect(report.newest).toEqual([4991, 4992, 4993, 4994, 4995, 4996, 4997, 4998, 4999, 5000]);
    expect(report.hundred).toHaveLength(100);
    expect(Object.keys(report.files)).toHaveLength(4);
    for (const [id, checksum] of Object.entries(report.files)) {
      const file = feed?.post(Number(id))?.file;
      if (!file) throw new Error(`no file in ${id}`);
      const bytes = fileBytes(file, { offset: 0, length: file.size });
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(checksum);
    }
  });

  test('continues with its session file after a restart', async () => {
    await telegram.restart();
    const report = await telethon('ada', ada);
    expect(report.logged_in).toBeUndefined();
    expect(report.me).toMatchObject({ id: 7_000_000_001 });
  });

  test('follows its phone number to another data centre, and sends its password', async () => {
    const cleo = { phone: '+9996620001', code: '22222', password: 'correct horse' };
    expect(await telethon('cleo', cleo)).toMatchObject({
      logged_in: true,
      dc: 2,
      me: { first_name: 'Cleo' },
    });
  });

  test('logs a bot in with its token, at its data centre, and reads by ids', async () => {
    const token = telegram.sandbox.world.bots[0]?.token;
    const report = await telethon('bot', { bot_token: token, channel: 'sandbox_news' });
    expect(report).toMatchObject({ dc: 3, me: { id: 1_000_000_100, first_name: 'Sandbox Bot', bot: true } });
    expect(report).toMatchObject({ hundred: [1, null, 5000, null], refused: true });
    expect(report.pts).toBeGreaterThan(5000);
  });

  test('lists hundreds of dialogs', async () => {
    const report = await telethon('eve', { phone: '+9996620003', code: '22222' });
    expect(report.dialogs).toHaveLength(231);
  });
});
