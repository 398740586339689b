import { accessSync, constants, existsSync, readdirSync, type Stats, statSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { encryptionKeyFile, readKeyFile } from '../../access/encryption_key.js';
import type { Config } from '../../config.js';
import { sessionFilesIn } from '../backup/session_files.js';
import { hasUnfinishedRestore, settleRestore } from '../backup/unfinished_restore.js';
import { type Check, type Finding, failed, ok, type Parts, reasonOf, warning } from './check.js';

/** Checks of directories and files. */
export const fileChecks: readonly Check[] = [
  { name: 'data directory', run: ({ config }) => [directory('DATA_DIR', config.dataDir, 0o700)] },
  { name: 'data directory modes', run: ({ config }) => dataModes(config) },
  { name: 'data directory owners', run: ({ config }) => dataOwners(config) },
  { name: 'key file', run: keyFile },
  { name: 'sessions directory', run: sessionsDirectory },
  { name: 'session file modes', run: ({ config }) => sessionModes(config) },
  { name: 'restore', run: ({ config }) => [unfinishedRestore(config)] },
  { name: 'replaced files', run: ({ config }) => leftovers(config) },
  { name: 'NAS', run: nas },
];

/** Whether a directory is there and can be written. */
function directory(setting: string, path: string, mode: number): Finding {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    const create = () => mkdir(path, { recursive: true, mode });
    return warning(`${path} does not exist`, `Check ${setting}; the first start creates it.`, create);
  }
  if (!stats.isDirectory()) return failed(`${path} is not a directory`, `Set ${setting} to a directory.`);
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return ok(path);
  } catch (error) {
    return failed(
      `${path} can't be written: ${reasonOf(error)}`,
      'Make it writable for the user of the service.',
    );
  }
}

/** The service's own files in DATA_DIR, and its database elsewhere, with their permissions. */
function ownFiles(config: Config): { readonly path: string; readonly stats: Stats }[] {
  const { dataDir } = config;
  const names = namesIn(dataDir).filter((name) => /^(telegate\.db|encryption\.key|admin\.key)/.test(name));
  const inDataDir = ['', ...names].map((name) => join(dataDir, name));
  return [...new Set([...inDataDir, ...databaseFiles(config)])].flatMap((path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats ? [{ path, stats }] : [];
  });
}

/** The files of a database in SQLite, and what was moved aside of it. */
function databaseFiles({ database }: Config): string[] {
  if (database.kind !== 'sqlite') return [];
  const directory = dirname(database.file);
  const own = namesIn(directory).filter((name) => name.startsWith(basename(database.file)));
  return own.map((name) => join(directory, name));
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function dataModes(config: Config): Finding[] {
  const open = ownFiles(config).filter(({ stats }) => (stats.mode & 0o077) !== 0);
  if (open.length === 0) return [ok('only their owner has access')];
  return open.map(({ path, stats }) => {
    const mode = stats.isDirectory() ? 0o700 : 0o600;
    // A directory that many users share, such as /tmp, must stay as it is.
    const fix = (stats.mode & 0o1000) === 0 ? () => tighten(path, mode) : undefined;
    const advice = `chmod ${mode.toString(8)} ${path}`;
    return failed(`other users have access to ${path} (${(stats.mode & 0o7777).toString(8)})`, advice, fix);
  });
}

/** Of a database also what SQLite keeps beside it: this very look may have created that, with the mode of the file. */
async function tighten(path: string, mode: number): Promise<void> {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) await chmod(file, mode);
}

function dataOwners(config: Config): Finding[] {
  const [first, ...rest] = ownFiles(config);
  const other = rest.find(({ stats }) => stats.uid !== first?.stats.uid);
  if (!other) return [ok('all files belong to one user')];
  return [
    failed(
      `${other.path} belongs to user ${other.stats.uid}, and the directory to ${first?.stats.uid}`,
      `Give all of ${config.dataDir} to the user of the service: chown -R.`,
    ),
  ];
}

async function keyFile({ config }: Parts): Promise<Finding[]> {
  const path = encryptionKeyFile(config.dataDir);
  if (config.encryptionKeys.length > 0) return [ok('not used: ENCRYPTION_KEYS is set')];
  try {
    const file = await readKeyFile(config.dataDir);
    if (file === null) return [ok('none yet: the first start creates it')];
    if (file.next === null) return [ok(path)];
    return [
      warning('a rotation of the key was interrupted', 'Run `telegate rotate-key` again to finish it.'),
    ];
  } catch (error) {
    return [failed(reasonOf(error))];
  }
}

async function sessionsDirectory({ config, stores }: Parts): Promise<Finding[]> {
  if (!config.syncs) return [ok('not used: SESSIONS_SYNC is off')];
  const found = directory('SESSIONS_DIR', config.sessionsDir, 0o700);
  if (found.level === 'ok') {
    const missing = (await stores?.sessions.count({ state: 'missing' })) ?? 0;
    if (missing === 0) return [found];
    return [
      warning(
        `the files of ${missing} sessions are missing below ${config.sessionsDir}`,
        'Restore them from a backup, check that the right disk is mounted, or delete the sessions.',
      ),
    ];
  }
  const total = (await stores?.intake.total()) ?? 0;
  if (found.level === 'error' || total === 0) return [found];
  // An empty directory in its place would hide that a disk is not mounted.
  const message = `${config.sessionsDir} does not exist, and ${total} sessions have been there`;
  return [failed(message, 'Mount its disk, or correct SESSIONS_DIR.')];
}

function sessionModes(config: Config): Finding[] {
  if (!config.syncs) return [ok('not used: SESSIONS_SYNC is off')];
  const open = filesOf(config).filter(
    (path) => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o007) !== 0,
  );
  if (open.length === 0) return [ok('not readable by everybody')];
  const fix = async () => {
    for (const path of open) await chmod(path, statSync(path).mode & 0o770);
  };
  const message = `${open.length} session files are accessible to every user, such as ${open[0]}`;
  return [warning(message, `They are as good as passwords: chmod o-rwx.`, fix)];
}

function filesOf(config: Config): string[] {
  try {
    return sessionFilesIn(config).map((path) => join(config.sessionsDir, path));
  } catch {
    // Another check says that the directory can't be read.
    return [];
  }
}

function unfinishedRestore(config: Config): Finding {
  if (!hasUnfinishedRestore(config)) return ok('none is unfinished');
  return failed(
    'a restore was interrupted, or is under way',
    'Each start of the service ends it, and so does --fix: the database tells whether it is completed or undone.',
    () => settleRestore(config),
  );
}

function leftovers(config: Config): Finding[] {
  const { dataDir, sessionsDir, syncs } = config;
  // One that is unfinished needs it still.
  const isLeft = (name: string) => name === '.restore' && !hasUnfinishedRestore(config);
  const places = [...namesIn(dataDir).map((name) => join(dataDir, name)), ...databaseFiles(config)];
  const left = [
    ...[...new Set(places)].filter((path) => {
      const name = basename(path);
      return /\.replaced-\d+|^encryption\.key\.old-|\.partial$/.test(name) || isLeft(name);
    }),
    ...(syncs
      ? namesIn(sessionsDir)
          .filter((name) => /^\.(replaced|unknown)-\d+$/.test(name) || isLeft(name))
          .map((name) => join(sessionsDir, name))
      : []),
  ];
  if (left.length === 0) return [ok('none')];
  return [
    warning(
      `${left.join(', ')}: left by a restore, BEGIN_ANEW or a new encryption key, with secrets in it`,
      'Delete it once you do not need it any more.',
    ),
  ];
}

async function nas({ config, stores }: Parts): Promise<Finding[]> {
  const used = await usesTarget(stores, 'NAS');
  if (config.nasRoot === null) {
    if (!used) return [ok('not used')];
    return [failed('NAS_ROOT is not set, and sources store there', 'Set NAS_ROOT.')];
  }
  const found = directory('NAS_ROOT', config.nasRoot, 0o700);
  if (found.level === 'ok') return [found];
  // Not created: an empty directory would hide that the disk is not mounted.
  return [
    failed(`NAS_ROOT: ${found.message}`, 'Mount it, and make it writable for the user of the service.'),
  ];
}

/** Whether a source stores in this target. */
export async function usesTarget(stores: Parts['stores'], target: 'NAS' | 'S3'): Promise<boolean> {
  const page = 500;
  for (let skip = 0; stores !== null; skip += page) {
    const sources = await stores.sources.sources({ skip, limit: page });
    if (sources.some((source) => source.target === target)) return true;
    if (sources.length < page) break;
  }
  return false;
}
