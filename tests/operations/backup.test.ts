import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { call, type Installation, withInstallations } from './installation.js';

const describeServer = await describeWithServer();

/** Each test starts a dozen processes, in milliseconds. */
const PATIENCE_MS = 180_000;

const NAMES = Array.from({ length: 12 }, (_, index) => (index % 3 === 0 ? `eu/s${index}` : `s${index}`));

/** A service with sessions, of which one is leased by each way that a lease can be. */
async function populated(machine: Installation) {
  machine.addSessions(...NAMES);
  const { program, url } = await machine.start();
  const lease = await call(url, 'GET', '/session?ttl=600');
  await call(url, 'POST', '/floodwait?session_id=5&wait_seconds=3600');
  await call(url, 'POST', '/invalidate?session_id=6&reason=test');
  return { program, url, lease: lease.body };
}

async function stopped(program: { kill(signal: 'SIGTERM'): void; ended(): Promise<unknown> }): Promise<void> {
  program.kill('SIGTERM');
  await program.ended();
}

interface Status {
  readonly total: number;
  readonly free: number;
  readonly in_use: number;
  readonly unavailable: number;
}

async function statusOf(url: string): Promise<Status> {
  return (await call(url, 'GET', '/status')).body as unknown as Status;
}

describe('telegate backup', () => {
  it(
    'writes one archive of a running service, for its owner only, and restores it on another layout',
    withInstallations(async ({ make, directory }) => {
      const [here, there] = [make(), make()];
      const { program, lease } = await populated(here);
      const file = `${directory}/backup.tar.gz`;
      const made = await here.json('backup', file);
      expect(made).toMatchObject({ session_files: NAMES.length, database: { leased: 1, kind: 'sqlite' } });
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readdirSync(directory).filter((name) => name.includes('partial'))).toEqual([]);
      await stopped(program);

      const settings = { DATABASE_URL: `sqlite:${there.path('db', 'x.db')}` };
      const restored = await Object.assign(there, { settings: { ...there.settings, ...settings } }).json(
        'restore',
        file,
      );
      expect(restored).toMatchObject({ session_files: NAMES.length, leases_ended: 1, keys: 'missing' });
      for (const name of NAMES) {
        expect(readFileSync(there.path('sessions', `${name}.session`), 'utf8')).toBe(name);
        expect(statSync(there.path('sessions', `${name}.session`)).mode & 0o777).toBe(0o600);
      }
      there.settings.ENCRYPTION_KEYS = readFileSync(here.path('data', 'encryption.key'), 'utf8').trim();
      const { url } = await there.start();
      // All but the one that is invalid: a worker may hold it. The flood ends in a cool-down.
      expect(await statusOf(url)).toMatchObject({
        total: 12,
        free: 0,
        in_use: 0,
        unavailable: 10,
      });
      const beat = `/heartbeat?session_id=${lease.session_id}&lease_id=${lease.lease_id}`;
      expect(await call(url, 'POST', beat)).toMatchObject({
        status: 409,
        body: { detail: { error: 'lease_lost' } },
      });
      const late = `/release?session_id=${lease.session_id}&lease_id=${lease.lease_id}`;
      expect((await call(url, 'POST', late)).status).toBe(409);
      expect((await statusOf(url)).free).toBe(0);
      const { body } = await call(url, 'GET', `/sessions/${lease.session_id}/history`);
      expect(JSON.stringify(body)).toContain('restored from a backup');
    }),
    PATIENCE_MS,
  );

  it(
    'leases again once the longest lease is over, or at once if no lease is held',
    withInstallations(async ({ make, directory }) => {
      const [here, there, trusting] = [make(), make(), make()];
      const { program } = await populated(here);
      await here.json('backup', `${directory}/b`);
      await stopped(program);
      for (const machine of [there, trusting])
        machine.settings.ENCRYPTION_KEYS = readFileSync(here.path('data', 'encryption.key'), 'utf8').trim();
      const before = Date.now();
      const held = await there.json('restore', `${directory}/b`, '--longest-lease', '600');
      const ends = Date.parse(String(held.cooling_down_until)) - before;
      expect(ends).toBeGreaterThanOrEqual(660_000);
      expect(ends).toBeLessThan(720_000);
      const byDefault = await there.json('restore', `${directory}/b`, '--force');
      expect(Date.parse(String(byDefault.cooling_down_until)) - before).toBeGreaterThanOrEqual(86_460_000);
      await trusting.json('restore', `${directory}/b`, '--trust-no-lease-is-held');
      const { url } = await trusting.start();
      expect(await statusOf(url)).toMatchObject({ total: 12, free: 10, in_use: 0, in_floodwait: 2 });
      for (let leases = 0; leases < 10; leases += 1)
        expect((await call(url, 'GET', '/session')).status).toBe(200);
    }),
    PATIENCE_MS,
  );

  it(
    'keeps nothing when it is cancelled, and replaces a file only with --force',
    withInstallations(async ({ make, directory }) => {
      const here = make();
      const { program } = await populated(here);
      const file = `${directory}/b`;
      const begun = here.begin('backup', file);
      await until(() => existsSync(`${directory}/.b.partial`));
      begun.process.kill('SIGTERM');
      const ended = await begun.ended;
      if (ended.exit !== 0) expect(ended).toMatchObject({ exit: 143, stderr: '' });
      expect(readdirSync(directory).filter((name) => name.startsWith('.b'))).toEqual([]);
      // What the system refuses is one line, too.
      expect(await here.refusal('backup', '/dev/null/b')).toMatch(/^ENOTDIR: .*\n$/);
      writeFileSync(file, 'precious');
      expect(await here.refusal('backup', file)).toContain('already exists');
      expect(readFileSync(file, 'utf8')).toBe('precious');
      await here.json('backup', file, '--force');
      await stopped(program);
      const refused = await here.refusal('restore', file);
      expect(refused).toMatch(
        /not empty.*Nothing was changed.*new database.*--force, which moves that file aside/,
      );
    }),
    PATIENCE_MS,
  );

  it(
    'does not replace a file that appears while it is made',
    withInstallations(async ({ make, directory }) => {
      const here = make();
      const { program } = await populated(here);
      const begun = here.begin('backup', `${directory}/b`);
      await until(
        () => existsSync(`${directory}/.b.partial/database.lock`) || begun.process.exitCode !== null,
      );
      begun.process.kill('SIGSTOP');
      writeFileSync(`${directory}/b`, 'precious');
      begun.process.kill('SIGCONT');
      const { exit, stderr } = await begun.ended;
      expect([exit, stderr]).toEqual([1, expect.stringContaining('already exists')]);
      expect(readFileSync(`${directory}/b`, 'utf8')).toBe('precious');
      expect(readdirSync(directory).filter((name) => name.startsWith('.b'))).toEqual([]);
      await stopped(program);
    }),
    PATIENCE_MS,
  );

  it(
    'is refused while another one to the same file is under way, and deletes what a killed one has left',
    withInstallations(async ({ make, directory }) => {
      const here = make();
      const { program } = await populated(here);
      mkdirSync(`${directory}/.b.partial`);
      for (const name of ['archive', 'database', 'database-wal', 'file-0'])
        writeFileSync(`${directory}/.b.partial/${name}`, 'half');
      const first = here.begin('backup', `${directory}/b`);
      await until(
        () => existsSync(`${directory}/.b.partial/database.lock`) || first.process.exitCode !== null,
      );
      first.process.kill('SIGSTOP');
      expect(await here.refusal('backup', `${directory}/b`)).toMatch(/^Another backup to .*b is under way/);
      first.process.kill('SIGCONT');
      expect(await first.ended).toMatchObject({ exit: 0, stderr: '' });
      expect(readdirSync(directory).filter((name) => name.startsWith('.b'))).toEqual([]);
      await stopped(program);
    }),
    PATIENCE_MS,
  );

  it(
    'is kept and exits with 9 if session files could not be read',
    withInstallations(async ({ make, directory }) => {
      const here = make();
      const { program } = await populated(here);
      writeFileSync(here.path('secret'), 'of another program');
      symlinkSync('../secret', here.path('sessions', 'out.session'));
      const { exit, stdout, stderr } = await here.command('backup', `${directory}/b`);
      expect([exit, stderr]).toEqual([9, '']);
      expect(stdout).toContain(`Session files: ${NAMES.length}\nNot in the backup: out.session: `);
      await stopped(program);
      const there = make();
      expect(await there.json('restore', `${directory}/b`)).toMatchObject({ session_files: NAMES.length });
    }),
    PATIENCE_MS,
  );

  it(
    'has the encryption keys only if asked, and encrypted',
    withInstallations(async ({ make, directory }) => {
      const [here, there] = [make(), make()];
      const { program } = await populated(here);
      const file = `${directory}/b`;
      expect(await here.refusal('backup', file, '--with-keys')).toContain('TELEGATE_PASSPHRASE');
      here.settings.TELEGATE_PASSPHRASE = 'short';
      expect(await here.refusal('backup', file, '--with-keys')).toContain('at least 12');
      here.settings.TELEGATE_PASSPHRASE = 'correct horse battery';
      await here.json('backup', file, '--with-keys');
      await stopped(program);
      writeFileSync(there.path('wrong'), 'another passphrase\n');
      writeFileSync(there.path('right'), 'correct horse battery\n');
      const wrong = await there.refusal('restore', file, '--passphrase-file', there.path('wrong'));
      expect(wrong).toContain('does not decrypt');
      expect(existsSync(there.path('data'))).toBe(false);
      await there.json('restore', file, '--passphrase-file', there.path('right'));
      const key = (machine: Installation) => readFileSync(machine.path('data', 'encryption.key'), 'utf8');
      expect(key(there)).toBe(key(here));
      const { url } = await there.start();
      expect((await statusOf(url)).total).toBe(12);
    }),
    PATIENCE_MS,
  );
});

describe('telegate restore', () => {
  it(
    'refuses a target that is in use or not empty; --force moves what is there aside',
    withInstallations(async ({ make, directory }) => {
      const here = make();
      const first = await populated(here);
      await here.json('backup', `${directory}/b`);
      expect(await here.refusal('restore', `${directory}/b`, '--force')).toContain('in use');
      await stopped(first.program);
      expect(await here.refusal('restore', `${directory}/b`)).toContain('not empty');
      here.addSessions('added later');
      const { moved_aside } = await here.json<{ moved_aside: string[] }>(
        'restore',
        `${directory}/b`,
        '--force',
      );
      expect(moved_aside).toEqual([here.path('sessions', '.replaced-1')]);
      expect(readdirSync(here.path('sessions', '.replaced-1'))).toContain('added later.session');
      expect(readdirSync(here.path('data'))).toContain('telegate.db.replaced-1');
      const { url } = await here.start();
      expect(await statusOf(url)).toMatchObject({ total: 12, free: 0 });
    }),
    PATIENCE_MS,
  );
});

describeServer('a backup between SQLite and PostgreSQL', () => {
  it.each(['sqlite', 'postgres'] as const)(
    'of %s restores into the other, with every session and no lease',
    (kind) =>
      withInstallations(async ({ make, server, directory }) => {
        const url = await server();
        const [here, there] =
          kind === 'sqlite' ? [make(), make({ DATABASE_URL: url })] : [make({ DATABASE_URL: url }), make()];
        const { program, lease } = await populated(here);
        await here.json('backup', `${directory}/b`);
        there.settings.ENCRYPTION_KEYS = readFileSync(here.path('data', 'encryption.key'), 'utf8').trim();
        await stopped(program);
        await there.json('restore', `${directory}/b`, '--longest-lease', '600');
        expect(await there.json('doctor', '--offline')).toMatchObject({ ok: true, errors: 0 });
        const again = await there.start();
        expect(await statusOf(again.url)).toMatchObject({
          total: 12,
          free: 0,
          unavailable: 10,
        });
        const beat = `/heartbeat?session_id=${lease.session_id}&lease_id=${lease.lease_id}`;
        expect((await call(again.url, 'POST', beat)).status).toBe(409);
        await stopped(again.program);
        // Once more, over what is there now.
        expect(await there.refusal('restore', `${directory}/b`)).toContain('not empty');
        await there.json('restore', `${directory}/b`, '--force', '--trust-no-lease-is-held');
        const last = await there.start();
        expect(await statusOf(last.url)).toMatchObject({ total: 12, free: 10 });
        expect((await call(last.url, 'GET', '/session')).status).toBe(200);
      })(),
    PATIENCE_MS,
  );
});
