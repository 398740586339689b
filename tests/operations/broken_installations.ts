import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { parseEncryptionKey } from '../../src/access/encryption_key.js';
import { PROXY_PASSWORD, Vault } from '../../src/access/vault.js';
import type { Machine } from '../../src/operations/doctor/check.js';
import { makeOlderFile } from '../cli/databases.js';
import type { Installation } from './installation.js';

/** Nobody listens there, on this machine. */
const CLOSED = '127.0.0.1:9';

/** How an installation is examined. */
export interface ExaminedOptions {
  readonly machine?: Partial<Machine>;
  readonly online?: true;
  readonly fix?: true;
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
export interface Broken extends ExaminedOptions {
  readonly name: string;
  readonly finding: string;
  readonly fixable?: true;
  breaks(installation: Installation): void | Promise<void> | (() => void);
}

const set = (settings: Record<string, string>) => (installation: Installation) =>
  void Object.assign(installation.settings, settings);

export const BROKEN: readonly Broken[] = [
  { name: 'invalid settings', finding: 'settings: error', breaks: set({ PORT: 'eighty' }) },
  { name: 'BEGIN_ANEW left on', finding: 'settings: warning', breaks: set({ BEGIN_ANEW: 'on' }) },
  { name: 'every web page allowed', finding: 'settings: warning', breaks: set({ CORS_ORIGINS: '*' }) },
  {
    name: 'one port for two servers',
    finding: 'settings: error',
    breaks: set({ PORT: '18000', EGRESS_PORT: '18000' }),
  },
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
    name: 'a database elsewhere that is open to all users',
    finding: 'data directory modes: error',
    fixable: true,
    breaks(installation) {
      mkdirSync(installation.path('elsewhere'), { mode: 0o700 });
      const path = installation.path('elsewhere', 'pool.db');
      renameSync(installation.path('data', 'telegate.db'), path);
      chmodSync(path, 0o644);
      installation.settings.DATABASE_URL = `sqlite:${path}`;
    },
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
    name: 'an interrupted restore',
    finding: 'restore: error',
    fixable: true,
    breaks(installation) {
      mkdirSync(installation.path('data', '.restore'), { mode: 0o700 });
      const database = installation.path('data', 'telegate.db');
      const plan = { id: 'another', database, key_aside: null, moves: [] };
      writeFileSync(installation.path('data', '.restore', 'plan.json'), JSON.stringify(plan));
    },
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
