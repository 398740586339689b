import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Client } from './client.js';
import { FREE_PORTS, type Printed, withSandboxPrograms } from './sandbox_program.js';

function inPool({ accounts }: Printed): string[] {
  return accounts.filter(({ in_pool }) => in_pool).map(({ phone }) => phone);
}

const phone = expect.stringMatching(/^\+99966\d{5}$/);

describe('npm run sandbox', () => {
  it(
    'with --json prints one line with all details, and exits with 0 when stopped',
    withSandboxPrograms(async (start, directory) => {
      const program = start();
      const printed = await program.printed();
      expect(printed).toMatchObject({
        base_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        admin_key: expect.any(String),
        worker_key: expect.any(String),
        accounts: Array(6).fill({
          phone,
          code: expect.stringMatching(/^\d{5}$/),
          in_pool: expect.any(Boolean),
        }),
        refused_accounts: [{ error: 'PHONE_NUMBER_BANNED' }, { error: 'PHONE_NUMBER_FLOOD' }],
        channels: expect.arrayContaining([
          expect.objectContaining({ id: 1_000_000_001, title: 'Sandbox News', username: 'sandbox_news' }),
          expect.objectContaining({ title: 'Sandbox Team', username: null }),
        ]),
        control_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        data_centres: [{ dc: 1, address: '127.0.0.2' }, { dc: 2 }, { dc: 3 }],
        rsa_public_key: expect.stringContaining('BEGIN RSA PUBLIC KEY'),
        sessions_dir: join(directory, 'data', 'sandbox', 'sessions'),
      });
      expect(printed.accounts).toContainEqual(
        expect.objectContaining({ password: 'correct horse', in_pool: false }),
      );
      expect(inPool(printed)).toHaveLength(3);
      expect(program.stdout.indexOf('\n')).toBe(program.stdout.length - 1);
      expect(await program.end('SIGTERM')).toBe(0);
    }),
  );

  it(
    'leases its sessions, and continues after a restart with the same keys and Telegram ports',
    withSandboxPrograms(async (start, directory) => {
      const first = start();
      const before = await first.printed();
      const lease = await new Client(before.base_url, before.worker_key).lease('ttl=600');
      expect(inPool(before)).toContain(lease.phone_number);
      const kept = join(directory, 'data', 'sandbox', 'worker.key');
      expect(readFileSync(kept, 'utf8').trim()).toBe(before.worker_key);
      expect(statSync(kept).mode & 0o777).toBe(0o600);
      expect(await first.end('SIGINT')).toBe(0);

      const after = await start().printed();
      const { admin_key, worker_key, accounts, data_centres } = before;
      expect(after).toMatchObject({ admin_key, worker_key, accounts, data_centres });
      const admin = new Client(after.base_url, admin_key);
      expect(await admin.sessions()).toHaveLength(3);
      await new Client(after.base_url, worker_key).release(lease);
      const test = await admin.post(`/sessions/${lease.session_id}/test`);
      expect(test.must(200)).toMatchObject({ is_valid: true });
    }),
  );

  it(
    'keeps a deleted session out of the pool at the next start',
    withSandboxPrograms(async (start) => {
      const first = start();
      const { base_url, admin_key } = await first.printed();
      (await new Client(base_url, admin_key).delete('/sessions/1')).must(200);
      await first.end('SIGTERM');
      expect(inPool(await start().printed())).toHaveLength(2);
    }),
  );

  it(
    'floods a session on demand, which does not mark it bad',
    withSandboxPrograms(async (start) => {
      const { base_url, admin_key, control_url } = await start().printed();
      const admin = new Client(base_url, admin_key);
      const [session] = await admin.sessions();
      const control = new Client(control_url, '');
      const flood = { fault: 'FLOOD_WAIT_30', phone: session?.phone_number, method: 'users.getUsers' };
      (await control.post('/faults', flood)).must(200);
      const test = await admin.post(`/sessions/${session?.id}/test`);
      expect(test).toMatchObject({ status: 429, body: { detail: { telegram_error: 'FLOOD_WAIT_30' } } });
      expect(await admin.sessions()).toMatchObject([{ is_active: 'active' }, {}, {}]);
      (await control.delete('/faults')).must(200);
    }),
  );

  it(
    'prints a readable page with keys, accounts and requests to copy',
    withSandboxPrograms(async (start, directory) => {
      const program = start([...FREE_PORTS, '--directory', join(directory, 'elsewhere')]);
      const shown = await program.ready();
      const adminKey = readFileSync(join(directory, 'elsewhere', 'admin.key'), 'utf8').trim();
      for (const part of [adminKey, '+9996610001', 'correct horse', 'PHONE_NUMBER_BANNED', '@sandbox_news'])
        expect(shown).toContain(part);
      expect(shown).toMatch(/curl .*\/session\?/);
      expect(shown).toMatch(/curl .*\/faults/);
      for (const line of shown.split('\n')) expect(line).toBe(line.trimEnd());
      expect(await program.end('SIGTERM')).toBe(0);
    }),
  );
});

describe('npm run sandbox next to another one', () => {
  it(
    'names the option for another port, or the directory that is in use',
    withSandboxPrograms(async (start) => {
      const { base_url, control_url, data_centres } = await start().printed();
      const taken = [
        ['--port', new URL(base_url).port],
        ['--dc-port', String(data_centres[0]?.port)],
        ['--control-port', new URL(control_url).port],
      ] as const;
      for (const [option, port] of taken) {
        const program = start(['--json', ...FREE_PORTS, '--directory', `./for${option}`, option, port]);
        expect(await program.ended()).toBe(1);
        expect(program.stderr).toContain(`Port ${port}`);
        expect(program.stderr).toContain(`${option} PORT`);
        expect(program.stderr).not.toMatch(/^\s+at /m);
        expect(program.stdout).toBe('');
      }
      const same = start();
      expect(await same.ended()).toBe(1);
      expect(same.stderr).toContain('telegate.db is in use by another TeleGate');
    }, 'sqlite'),
  );

  it.each([
    [['--port', '65536'], '--port: expected a whole number from 0 to 65535'],
    [['--speed'], "Unknown option '--speed'"],
  ])('rejects %j, and prints its usage', (args, message) =>
    withSandboxPrograms(async (start) => {
      const program = start(args);
      expect(await program.ended()).toBe(1);
      expect(program.stderr).toContain(message);
      expect(program.stderr).toContain('--dc-port PORT');
    })(),
  );
});
