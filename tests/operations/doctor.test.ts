import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { parseEncryptionKey } from '../../src/access/encryption_key.js';
import { PROXY_PASSWORD, Vault } from '../../src/access/vault.js';
import type { Machine } from '../../src/operations/doctor/check.js';
import { type Diagnosis, diagnose, thisMachine } from '../../src/operations/doctor/doctor.js';
import { networkOf } from '../../src/telegram/network.js';
import { makeOlderFile } from '../cli/databases.js';
import { Installation } from './installation.js';

/** Starts several processes, in milliseconds. */
const PATIENCE_MS = 180_000;

/** Nobody listens there, on this machine. */
const CLOSED = '127.0.0.1:9';

let directory: string;
let made = 0;

/** A sound installation, stopped: the model of all broken ones. */
let model: Installation;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'doctor-'));
  model = new Installation(join(directory, 'model'), { HOST: '127.0.0.1', PORT: '0' });
  model.addSessions('alpha', 'eu/beta');
  const { program } = await model.start();
  program.kill('SIGTERM');
  await program.ended();
  for (const name of ['alpha', 'eu/beta']) chmodSync(model.path('sessions', `${name}.session`), 0o600);
}, PATIENCE_MS);

afterAll(async () => {
  await model.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** A copy of the model, which a test may break. */
function copyOfModel(): Installation {
  made += 1;
  const path = join(directory, `copy-${made}`);
  cpSync(model.directory, path, { recursive: true, preserveTimestamps: true });
  chmodSync(join(path, 'data'), 0o700);
  return new Installation(path, { HOST: '127.0.0.1', PORT: '0' });
}

interface Options {
  readonly machine?: Partial<Machine>;
  readonly online?: true;
  readonly fix?: true;
}

function examined({ settings }: Installation, options: Options = {}): Promise<Diagnosis> {
  const closed = { dcId: 2, test: false, serverAddress: '127.0.0.1', port: 9 };
  return diagnose({
    environment: settings,
    offline: options.online === undefined,
    fix: options.fix === true,
    machine: { ...thisMachine, ...options.machine },
    network: networkOf({ firstDc: 2, rsaKeys: [], dataCentres: [closed], loopbackOnly: true }),
  });
}

/** The checks that found something, and how bad it is. */
function badIn({ findings }: Diagnosis): string[] {
  return findings.filter(({ level }) => level !== 'ok').map(({ check, level }) => `${check}: ${level}`);
}

function sql(installation: Installation, statement: string): void {
  const sqlite = new Database(installation.path('data', 'telegate.db'));
  sqlite.exec(statement);
  sqlite.close();
}

function addProxy(installation: Installation, type: string, pass: string | null): void {
  const quoted = pass === null ? 'NULL' : `'${pass}'`;
  sql(
    installation,
    `INSERT INTO proxies (type, host, port, pass) VALUES ('${type}', '127.0.0.1', 9, ${quoted})`,
  );
}

function addSource(installation: Installation, target: string): void {
  sql(
    installation,
    `INSERT INTO sources (name, identifier, access_level, target, is_active, created_at, updated_at)
     VALUES ('s', '@s', 'public', '${target}', 0, 1, 1)`,
  );
}

/** A way to break an installation, and what is found then; `fixable`: and repaired by `--fix`. */
interface Broken extends Options {
  readonly name: string;
  readonly finding: string;
  readonly fixable?: true;
  breaks(installation: Installation): void | Promise<void> | (() => void);
}

const set = (settings: Record<string, string>) => (installation: Installation) =>
  void Object.assign(installation.settings, settings);

const BROKEN: readonly Broken[] = [
  { name: 'invalid settings', finding: 'settings: error', breaks: set({ PORT: 'eighty' }) },
  { name: 'BEGIN_ANEW left on', finding: 'settings: warning', breaks: set({ BEGIN_ANEW: 'on' }) },
  { name: 'every web page allowed', finding: 'settings: warning', breaks: set({ CORS_ORIGINS: '*' }) },
  { name: 'half an application', finding: 'settings: error', breaks: set({ TELEGRAM_API_ID: '1' }) },
  {
    name: 'an old Node.js',
    finding: 'Node.js: error',
    machine: { nodeVersion: 'v18.20.0' },
    breaks: () => undefined,
  },
  {
    name: 'a full disk',
    finding: 'disk space: error',
    machine: { freeBytes: () => 1000 },
    breaks: () => undefined,
  },
  {
    name: 'a disk that is nearly full',
    finding: 'disk space: warning',
    machine: { freeBytes: () => 500 * 2 ** 20 },
    breaks: () => undefined,
  },
  {
    name: 'few open files',
    finding: 'open files: warning',
    machine: {
      procFile: (path) => (path.endsWith('limits') ? 'Max open files            1024    4096   files' : null),
    },
    breaks: () => undefined,
  },
  {
    name: 'few file watches',
    finding: 'file watches: warning',
    machine: { procFile: (path) => (path.includes('inotify') ? '8\n' : null) },
    breaks: () => undefined,
  },
  {
    name: 'an address of another machine',
    finding: 'port: error',
    breaks: set({ HOST: '192.0.2.1', PORT: '18000' }),
  },
  {
    name: 'a file in the place of DATA_DIR',
    finding: 'data directory: error',
    breaks(installation) {
      writeFileSync(installation.path('file'), '');
      Object.assign(installation.settings, {
        DATA_DIR: installation.path('file'),
        DATABASE_URL: `sqlite:${installation.path('data', 'telegate.db')}`,
      });
    },
  },
  {
    name: 'a DATA_DIR open to all users',
    finding: 'data directory modes: error',
    fixable: true,
    breaks: (installation) => chmodSync(installation.path('data'), 0o755),
  },
  {
    name: 'a key open to all users',
    finding: 'data directory modes: error',
    fixable: true,
    breaks: (installation) => chmodSync(installation.path('data', 'encryption.key'), 0o644),
  },
  {
    name: 'session files open to all users',
    finding: 'session file modes: warning',
    fixable: true,
    breaks: (installation) => chmodSync(installation.path('sessions', 'alpha.session'), 0o644),
  },
  {
    name: 'an unmounted SESSIONS_DIR',
    finding: 'sessions directory: error',
    breaks: (installation) => rmSync(installation.path('sessions'), { recursive: true }),
  },
  {
    name: 'missing session files',
    finding: 'sessions directory: warning',
    breaks: (installation) =>
      sql(installation, "UPDATE sessions SET state = 'missing', base_state = 'missing' WHERE id = 1"),
  },
  {
    name: 'what a restore left',
    finding: 'replaced files: warning',
    breaks: (installation) =>
      writeFileSync(installation.path('data', 'telegate.db.replaced-1'), '', { mode: 0o600 }),
  },
  {
    name: 'a lost database',
    finding: 'database: error',
    breaks: (installation) => rmSync(installation.path('data', 'telegate.db')),
  },
  {
    name: 'a server that is away',
    finding: 'database: error',
    breaks: set({ DATABASE_URL: `postgres://user:secret-of-tests@${CLOSED}/telegate` }),
  },
  {
    name: 'pending migrations',
    finding: 'schema: warning',
    fixable: true,
    breaks(installation) {
      rmSync(installation.path('data'), { recursive: true });
      mkdirSync(installation.path('data'), { mode: 0o700 });
      makeOlderFile(installation.path('data', 'telegate.db'), installation.path('migrations'));
      chmodSync(installation.path('data', 'telegate.db'), 0o600);
    },
  },
  {
    name: 'a database of a newer version',
    finding: 'schema: error',
    breaks: (installation) =>
      sql(installation, "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('x', 9999999999999)"),
  },
  {
    name: 'a damaged database',
    finding: 'database soundness: error',
    breaks(installation) {
      const path = installation.path('data', 'telegate.db');
      const bytes = readFileSync(path);
      // A page of some table: its header is overwritten.
      bytes.fill(0xff, 4096 * 3, 4096 * 3 + 100);
      writeFileSync(path, bytes);
    },
  },
  {
    name: 'a lost key',
    finding: 'encryption keys: error',
    breaks: (installation) => rmSync(installation.path('data', 'encryption.key')),
  },
  {
    name: 'another key',
    finding: 'encryption keys: error',
    breaks: set({ ENCRYPTION_KEYS: 'ab'.repeat(32) }),
  },
  {
    name: 'a key file without a key',
    finding: 'key file: error',
    breaks: (installation) => writeFileSync(installation.path('data', 'encryption.key'), 'nonsense'),
  },
  {
    name: 'a secret that no key decrypts',
    finding: 'encryption keys: error',
    breaks: (installation) => addProxy(installation, 'socks5', 'nonsense'),
  },
  {
    name: 'no admin key',
    finding: 'API keys: warning',
    breaks: set({ API_KEYS: 'worker:worker-key-of-tests' }),
  },
  {
    name: 'a clock that was set back',
    finding: 'clock: warning',
    machine: { wall: () => Date.now() - 3_600_000 },
    breaks: () => undefined,
  },
  { name: 'an unreachable Telegram', finding: 'Telegram: error', online: true, breaks: () => undefined },
  {
    name: 'a proxy that is away',
    finding: 'proxies: error',
    online: true,
    async breaks(installation) {
      const key = parseEncryptionKey(readFileSync(installation.path('data', 'encryption.key'), 'utf8'));
      addProxy(installation, 'socks5', await new Vault([key]).encrypt('pass', PROXY_PASSWORD));
    },
  },
  {
    name: 'a proxy of a kind that cannot be used',
    finding: 'proxies: error',
    online: true,
    breaks: (installation) => addProxy(installation, 'http', null),
  },
  { name: 'an unmounted NAS', finding: 'NAS: error', breaks: set({ NAS_ROOT: '/nonexistent/nas' }) },
  {
    name: 'sources without their NAS',
    finding: 'NAS: error',
    breaks: (installation) => addSource(installation, 'NAS'),
  },
  {
    name: 'sources without their bucket',
    finding: 'S3: error',
    breaks: (installation) => addSource(installation, 'S3'),
  },
  {
    name: 'an S3 server that is away',
    finding: 'S3: error',
    breaks: set({
      ...{ S3_BUCKET: 'bucket', S3_ENDPOINT: `http://${CLOSED}`, S3_ACCESS_KEY_ID: 'id' },
      S3_SECRET_ACCESS_KEY: 'secret-of-tests',
    }),
  },
  {
    name: 'a Prefect server that is away',
    finding: 'Prefect: error',
    breaks: set({ PREFECT_API_URL: `http://${CLOSED}/api` }),
  },
];

describe('telegate doctor', () => {
  it(
    'finds nothing in a sound installation',
    async () => {
      expect(badIn(await examined(copyOfModel()))).toEqual([]);
    },
    PATIENCE_MS,
  );

  it.each(BROKEN)(
    'finds $name',
    async ({ finding, fixable, breaks, ...options }) => {
      const installation = copyOfModel();
      await breaks(installation);
      const diagnosis = await examined(installation, options);
      expect(badIn(diagnosis)).toContain(finding);
      const [check] = finding.split(':');
      const found = diagnosis.findings.filter(({ check: name, level }) => name === check && level !== 'ok');
      expect(found.every(({ advice = '', message }) => advice !== '' || message.length > 80)).toBe(true);
      expect(JSON.stringify(diagnosis)).not.toContain('secret-of-tests');
      expect(found.some(({ fix }) => fix !== undefined)).toBe(fixable === true);
      if (!fixable) return;
      const after = await examined(installation, { ...options, fix: true });
      expect(badIn(after)).not.toContain(finding);
      expect(after.fixed.map((fixed) => fixed.check)).toContain(check);
    },
    PATIENCE_MS,
  );

  it(
    'finds another program on its port, and knows its own service',
    async () => {
      const installation = copyOfModel();
      const other = createServer((socket) => socket.resume().end('hello\r\n'));
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      installation.settings.PORT = String((other.address() as AddressInfo).port);
      expect(badIn(await examined(installation))).toEqual(['port: error']);
      await new Promise((resolve) => other.close(resolve));
      await installation.start();
      try {
        const diagnosis = await examined(installation);
        expect(badIn(diagnosis)).toEqual([]);
        expect(JSON.stringify(diagnosis)).toContain('in use by a service');
      } finally {
        await installation.stop();
      }
    },
    PATIENCE_MS,
  );

  it(
    'prints what to do, exits with 1 on an error, and repairs what is safe with --fix',
    async () => {
      const installation = copyOfModel();
      chmodSync(installation.path('data'), 0o755);
      const { exit, stdout } = await installation.command('doctor', '--offline');
      expect(exit).toBe(1);
      expect(stdout).toMatch(/^ERROR +data directory modes +other users have access/m);
      expect(stdout).toContain('--fix does this');
      const fixed = await installation.json('doctor', '--offline', '--fix');
      expect(fixed).toMatchObject({ ok: true, errors: 0, fixed: [{ check: 'data directory modes' }] });
      expect(statSync(installation.path('data')).mode & 0o777).toBe(0o700);
    },
    PATIENCE_MS,
  );
});
