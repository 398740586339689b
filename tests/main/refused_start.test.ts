import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { withPrograms } from './program.js';

const KEY = 'admin-key-of-tests';
const known = { API_KEYS: KEY };

function ask(url: string, path: string, key = KEY, method = 'GET'): Promise<Response> {
  return fetch(`${url}${path}`, { method, headers: { 'X-API-Key': key } });
}

describe('an impossible start', () => {
  it(
    'with invalid settings lists all of them without secrets, and changes nothing',
    withPrograms(async (start, directory) => {
      const program = start({
        PORT: 'eight',
        LEASE_TTL_SECONDS: '0',
        SYNC_CRON: 'often',
        API_KEYS: 'root:hunter2hunter2',
      });
      expect(await program.ended()).toBe(1);
      for (const name of ['PORT', 'LEASE_TTL_SECONDS', 'SYNC_CRON', 'API_KEYS'])
        expect(program.stderr).toContain(`  ${name}: `);
      expect(program.stderr).not.toContain('hunter2');
      expect(program.stderr).not.toMatch(/^\s+at /m);
      expect(() => statSync(join(directory, 'data'))).toThrow('ENOENT');
    }),
  );

  it(
    'on a taken port says so',
    withPrograms(async (start) => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as AddressInfo;
      const program = start({ ...known, PORT: String(port) });
      expect(await program.ended()).toBe(1);
      expect(program.stderr).toContain(`${port}: another program is listening there`);
      expect(program.stderr).not.toMatch(/^\s+at /m);
      other.close();
    }),
  );

  it(
    'on a port that was taken at the first start still leaves the admin key',
    withPrograms(async (start, directory) => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const failed = start({ PORT: String((other.address() as AddressInfo).port) });
      expect(await failed.ended()).toBe(1);
      other.close();
      const { url, key } = await start().ready();
      const usable = key || readFileSync(join(directory, 'data', 'admin.key'), 'utf8').trim();
      expect((await ask(url, '/status', usable)).status).toBe(200);
    }),
  );

  it(
    'on a database in use names the file',
    withPrograms(async (start, directory) => {
      const own = { ...known, DATABASE_URL: '' };
      const first = start(own);
      const { url } = await first.ready();
      const second = start(own);
      expect(await second.ended()).toBe(1);
      expect(second.stderr).toContain(
        `${join(directory, 'data', 'telegate.db')} is in use by another TeleGate`,
      );
      expect((await ask(url, '/status')).status).toBe(200);
    }),
  );

  it(
    'on a damaged database names the file and leaves it unchanged',
    withPrograms(async (start, directory) => {
      mkdirSync(join(directory, 'data'));
      const path = join(directory, 'data', 'telegate.db');
      writeFileSync(path, 'not a database at all\n'.repeat(500));
      const before = readFileSync(path);
      const program = start({ ...known, DATABASE_URL: '' });
      expect(await program.ended()).toBe(1);
      expect(program.stderr).toContain(`${path} is damaged`);
      expect(program.stderr).not.toMatch(/^\s+at /m);
      expect(readFileSync(path).equals(before)).toBe(true);
    }),
  );
});
