import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.js';
import { restoreBackup } from '../../src/operations/backup/restore.js';
import { sessionFilesIn } from '../../src/operations/backup/session_files.js';
import { hasUnfinishedRestore, settleRestore } from '../../src/operations/backup/unfinished_restore.js';
import { until } from '../service/manual_time.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { isUnused } from '../storage/server.js';
import { call, Installation, withInstallations } from './installation.js';
import { rowsOf } from './load.js';

const describeServer = await describeWithServer();

/** Each test starts a dozen processes, in milliseconds. */
const PATIENCE_MS = 180_000;

/** So many that moving their files takes a while. */
const MANY = Array.from({ length: 500 }, (_, index) => `new${index}`);
const OLD = ['old1', 'eu/old2'];

const PASSPHRASE = 'correct horse battery';

/** Makes a backup of a service with these sessions, and stops it. */
async function backupOf(machine: Installation, names: readonly string[], file: string): Promise<void> {
  machine.addSessions(...names);
  const { program, url } = await machine.start();
  const { body } = await call(url, 'GET', '/status');
  expect(body.total).toBe(names.length);
  await machine.json('backup', file, '--with-keys');
  program.kill('SIGTERM');
  await program.ended();
}

/** A backup, and what it has. */
interface Archive {
  readonly file: string;
  readonly contents: Awaited<ReturnType<typeof contents>>;
}

const directory = mkdtempSync(join(tmpdir(), 'archives-'));
const archives = new Map<readonly string[], Promise<Archive>>();
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A backup of an installation of its own with these sessions, made once for all tests. */
async function archiveOf(names: readonly string[]): Promise<Archive> {
  const made = archives.get(names) ?? makeArchive(names, join(directory, `${archives.size}`));
  archives.set(names, made);
  return made;
}

async function makeArchive(names: readonly string[], place: string): Promise<Archive> {
  const machine = new Installation(place, { TELEGATE_PASSPHRASE: PASSPHRASE });
  const file = machine.path('archive');
  try {
    await backupOf(machine, names, file);
  } finally {
    await machine.stop();
  }
  return { file, contents: await contents(machine) };
}

/** Restores an archive over what is there, as the command does: for the next moment of a kill. */
async function restoreAgain(machine: Installation, file: string): Promise<void> {
  await restoreBackup({
    ...{ config: loadConfig(machine.settings), file, force: true, holdSeconds: null },
    passphrase: async () => PASSPHRASE,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
}

/** The sessions of the database, the session files, and the key: all of before, or all of the backup. */
async function contents(machine: Installation) {
  const rows = await rowsOf<{ name: string }>(machine, 'SELECT name FROM sessions ORDER BY name');
  const files = sessionFilesIn(loadConfig(machine.settings)).map((path) => path.replace('.session', ''));
  return {
    names: rows.map(({ name }) => name),
    files: files.sort(),
    key: readFileSync(machine.path('data', 'encryption.key'), 'utf8'),
  };
}

const hidden = (machine: Installation) =>
  ['data', 'sessions'].flatMap((place) =>
    readdirSync(machine.path(place)).filter((name) => /^\.restore$|partial/.test(name)),
  );

describe('a restore that is killed', () => {
  it(
    'at any moment leaves what was there, or what the backup has, whole',
    withInstallations(async ({ make }) => {
      const there = make({ TELEGATE_PASSPHRASE: PASSPHRASE });
      const [old, fresh] = [await archiveOf(OLD), await archiveOf(MANY)];
      await there.json('restore', old.file, '--trust-no-lease-is-held');
      const [before, after] = [await contents(there), fresh.contents];
      expect(before).toEqual(old.contents);
      expect(before.key).not.toBe(after.key);
      const outcomes = new Set<string>();
      const replaced = () =>
        readdirSync(there.path('data')).some((name) => name.startsWith('telegate.db.replaced'));
      const moments = [
        ...[0, 100].map((ms) => [() => existsSync(there.path('data', '.restore')), ms] as const),
        ...[0, 20].map((ms) => [() => hasUnfinishedRestore(loadConfig(there.settings)), ms] as const),
        ...[0, 10].map((ms) => [replaced, ms] as const),
      ];
      for (const [reached, ms] of moments) {
        const { process: restoring, ended } = there.begin('restore', fresh.file, '--force');
        await until(() => reached() || restoring.exitCode !== null);
        await delay(ms);
        restoring.kill('SIGKILL');
        await ended;
        outcomes.add(await settleRestore(loadConfig(there.settings)));
        const now = await contents(there);
        expect([before, after]).toContainEqual(now);
        // As it was, for the next moment.
        await restoreAgain(there, old.file);
        expect(hidden(there)).toEqual([]);
        for (const name of readdirSync(there.path('data')).filter((one) => one.includes('.replaced-')))
          rmSync(there.path('data', name));
      }
      expect(outcomes).toEqual(new Set(['none', 'undone', 'finished']));
    }),
    PATIENCE_MS,
  );

  it(
    'is ended by the next start of the service, before it leases anything',
    withInstallations(async ({ make }) => {
      const there = make({ TELEGATE_PASSPHRASE: PASSPHRASE });
      const { file } = await archiveOf(MANY);
      const { process: restoring, ended } = there.begin('restore', file);
      await until(() => existsSync(there.path('data', 'telegate.db')) || restoring.exitCode !== null);
      restoring.kill('SIGKILL');
      await ended;
      expect(hasUnfinishedRestore(loadConfig(there.settings))).toBe(true);
      const { stdout } = await there.command('doctor', '--offline', '--json');
      expect(JSON.parse(stdout).findings).toContainEqual(
        expect.objectContaining({ check: 'restore', level: 'error', fixable: true }),
      );
      const { program, url } = await there.start();
      expect((await call(url, 'GET', '/status')).body).toMatchObject({ total: MANY.length, free: 0 });
      expect((await call(url, 'GET', '/sessions?status=missing')).body).toEqual([]);
      expect(program.stdout + program.stderr).toContain('a restore that was interrupted is finished');
      expect(hidden(there)).toEqual([]);
    }),
    PATIENCE_MS,
  );

  it(
    'keeps a service from starting while it is under way, and other restores',
    withInstallations(async ({ make }) => {
      const there = make({ TELEGATE_PASSPHRASE: PASSPHRASE });
      const { file } = await archiveOf(MANY);
      const { process: restoring, ended } = there.begin('restore', file);
      await until(() => hasUnfinishedRestore(loadConfig(there.settings)) || restoring.exitCode !== null);
      restoring.kill('SIGSTOP');
      expect(await there.refusal('restore', file)).toContain('A restore is under way');
      await expect(there.start()).rejects.toThrow('A restore is under way');
      restoring.kill('SIGCONT');
      expect(await ended).toMatchObject({ exit: 0 });
      const { url } = await there.start();
      expect((await call(url, 'GET', '/status')).body).toMatchObject({ total: MANY.length });
    }),
    PATIENCE_MS,
  );
});

describeServer('a restore into PostgreSQL that is killed', () => {
  it(
    'before its commit has changed nothing, after it is completed',
    withInstallations(async ({ make, server }) => {
      const url = await server();
      const there = make({ DATABASE_URL: url, TELEGATE_PASSPHRASE: PASSPHRASE });
      const [old, fresh] = [await archiveOf(OLD), await archiveOf(MANY)];
      await there.json('restore', old.file, '--trust-no-lease-is-held');
      const before = await contents(there);
      const outcomes = new Set<string>();
      for (const ms of [0, 300, 900]) {
        const { process: restoring, ended } = there.begin('restore', fresh.file, '--force');
        await until(() => hasUnfinishedRestore(loadConfig(there.settings)) || restoring.exitCode !== null);
        await delay(ms);
        restoring.kill('SIGKILL');
        await ended;
        await until(() => isUnused(url));
        outcomes.add(await settleRestore(loadConfig(there.settings)));
        expect([before, fresh.contents]).toContainEqual(await contents(there));
        await restoreAgain(there, old.file);
      }
      expect(outcomes).toContain('undone');
    }),
    PATIENCE_MS,
  );
});

describe('a restore', () => {
  it(
    'holds back session files that the database does not know: a worker may hold those sessions',
    withInstallations(async ({ make, directory }) => {
      const [here, there, trusting] = [make(), make(), make()];
      for (const machine of [here, there, trusting]) machine.settings.TELEGATE_PASSPHRASE = PASSPHRASE;
      await backupOf(here, OLD, `${directory}/first`);
      // Added after the service looked, as if between the database and the files of a backup.
      here.addSessions('eu/late');
      writeFileSync(here.path('sessions', 'eu', 'late.json'), '{}');
      await here.json('backup', `${directory}/b`, '--with-keys');
      const { held_back } = await there.json<{ held_back: object }>('restore', `${directory}/b`);
      expect(held_back).toEqual({ directory: there.path('sessions', '.unknown-1'), files: 2 });
      expect(readdirSync(there.path('sessions', '.unknown-1', 'eu'))).toEqual(['late.json', 'late.session']);
      const { url } = await there.start();
      expect((await call(url, 'GET', '/status')).body).toMatchObject({ total: OLD.length, free: 0 });
      await trusting.json('restore', `${directory}/b`, '--trust-no-lease-is-held');
      const trusted = await trusting.start();
      expect((await call(trusted.url, 'GET', '/status')).body).toMatchObject({ total: 3, free: 3 });
    }),
    PATIENCE_MS,
  );
});
