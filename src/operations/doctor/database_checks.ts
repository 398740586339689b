import { existsSync } from 'node:fs';
import { encryptionKeyFile } from '../../access/encryption_key.js';
import { type SecretStores, storedSecrets } from '../../access/stored_secrets.js';
import { Vault } from '../../access/vault.js';
import { decryptsStored } from '../../access/vault_check.js';
import { systemTime } from '../../kernel/clock.js';
import { damageOf, type Examined } from '../../storage/examination.js';
import { migrateToNewest } from '../../storage/migrate.js';
import { readClock } from '../../storage/saved_clock.js';
import { encryptionKeysOf } from '../encryption_keys.js';
import { type Check, type Finding, failed, ok, type Parts, warning } from './check.js';

/** How large a difference between clocks is worth a warning, in milliseconds. */
const CLOCK_MS = 2_000;

/** How long a large file may take to be read, in milliseconds. */
const SOUNDNESS_MS = 600_000;

/** Checks of the database and of what is encrypted in it. */
export const databaseChecks: readonly Check[] = [
  { name: 'database', run: (parts) => [reachable(parts)] },
  { name: 'schema', run: (parts) => whereExamined(parts, (examined) => [schema(parts, examined)]) },
  { name: 'database soundness', deadlineMs: SOUNDNESS_MS, run: soundness },
  { name: 'encryption keys', deadlineMs: 60_000, run: encryptionKeys },
  { name: 'API keys', run: apiKeys },
  { name: 'clock', run: clock },
];

/** What cannot be checked because of a finding of another check. */
const NOT_CHECKED = ok('not checked: there is no database that can be read');

function whereExamined(
  { examined }: Parts,
  check: (examined: Examined) => readonly Finding[],
): readonly Finding[] {
  return examined instanceof Error ? [NOT_CHECKED] : check(examined);
}

function reachable({ config, examined }: Parts): Finding {
  if (examined instanceof Error) {
    const advice =
      config.database.kind === 'postgres'
        ? 'Check DATABASE_URL, the server, its password and its firewall.'
        : 'Check DATABASE_URL and DATA_DIR.';
    return failed(examined.message, advice);
  }
  const { place, schema: age, inUse, serverVersion } = examined;
  const keyFile = encryptionKeyFile(config.dataDir);
  if (age === 'absent' && existsSync(keyFile)) {
    return failed(
      `${place} is gone or empty, but ${keyFile} exists: there was a database here`,
      'Restore a backup (`telegate restore`), or check DATA_DIR, DATABASE_URL and the disk.',
    );
  }
  if (age === 'absent')
    return warning(`${place} does not exist`, 'Check DATA_DIR; the first start creates it.');
  const version = serverVersion === null ? '' : `, PostgreSQL ${Math.floor(serverVersion / 10_000)}`;
  return ok(`${place}${version}${inUse ? ', in use by a service' : ''}`);
}

function schema({ config }: Parts, { schema: age, inUse, place }: Examined): Finding {
  if (age === 'current' || age === 'absent') return ok(age === 'current' ? 'up to date' : 'not created yet');
  if (age === 'newer') {
    return failed(
      `${place} belongs to a newer version of TeleGate`,
      'Use that version, or restore an older backup.',
    );
  }
  const message = age === 'older' ? 'migrations are missing' : `${place} is not a database of TeleGate yet`;
  const advice = 'Each start applies them; so does `telegate db migrate`.';
  // A service of the older version may be using it.
  return warning(message, advice, inUse ? undefined : () => migrateToNewest(config.database));
}

async function soundness({ config: { database }, examined }: Parts, signal: AbortSignal): Promise<Finding[]> {
  if (database.kind === 'postgres') return [ok('PostgreSQL checks its own pages')];
  if (examined instanceof Error || examined.schema === 'absent') return [NOT_CHECKED];
  const fault = await damageOf(database.file, signal);
  if (fault === null) return [ok('every page was read')];
  return [
    failed(
      `${database.file} is damaged: ${fault}`,
      'Stop the service and restore a backup (`telegate restore --force`); see docs/recovery.md.',
    ),
  ];
}

async function encryptionKeys({ config, stores }: Parts): Promise<Finding[]> {
  if (stores === null) return [NOT_CHECKED];
  const keys = await encryptionKeysOf(config).catch(() => []);
  const { secrets, unreadable } = await readSecrets(stores, keys);
  if (keys.length === 0) {
    const fits = unreadable === 0 && (await decryptsNothing(stores));
    if (fits) return [ok('none yet: the first start creates one')];
    return [
      failed(
        'the encryption key is missing, and secrets are encrypted with it',
        'Restore DATA_DIR/encryption.key, or set ENCRYPTION_KEYS.',
      ),
    ];
  }
  if (!(await decryptsStored(stores, new Vault(keys)))) {
    return [
      failed(
        'the encryption keys are not those of this database',
        'Restore the right DATA_DIR/encryption.key, or set it in ENCRYPTION_KEYS.',
      ),
    ];
  }
  if (secrets === 0) return [ok('they are those of this database')];
  if (unreadable === 0) return [ok(`they decrypt all ${secrets} stored secrets`)];
  return [
    failed(
      `no key decrypts ${unreadable} of ${secrets} stored secrets`,
      'Add the key that is missing to ENCRYPTION_KEYS, or enter these secrets again (proxies, API hashes, bot tokens).',
    ),
  ];
}

async function decryptsNothing(stores: SecretStores): Promise<boolean> {
  // Any key will do: the question is whether there is anything to decrypt.
  return decryptsStored(stores, new Vault([new Uint8Array(32)]));
}

async function readSecrets(stores: SecretStores, keys: readonly Uint8Array[]) {
  const vault = keys.length > 0 ? new Vault(keys) : null;
  let secrets = 0;
  let unreadable = 0;
  for await (const page of storedSecrets(stores)) {
    for (const { token, context } of page) {
      secrets += 1;
      const text = vault && (await vault.decrypt(token, context).catch(() => null));
      if (text === null) unreadable += 1;
    }
  }
  return { secrets, unreadable };
}

async function apiKeys({ config, stores }: Parts): Promise<Finding[]> {
  if (stores === null) return [NOT_CHECKED];
  const keys = await stores.access.keys();
  const isAdmin = ({ role }: { readonly role: string }) => role === 'admin';
  if (keys.some(isAdmin) || config.apiKeys.some(isAdmin)) return [ok('there is an admin key')];
  if (keys.length === 0 && config.apiKeys.length === 0) return [ok('none yet: the first start creates one')];
  return [warning('there is no admin key', 'Create one: `telegate keys create NAME --role admin`.')];
}

async function clock({ config, machine, examined, stores }: Parts): Promise<Finding[]> {
  if (examined instanceof Error || stores === null) return [NOT_CHECKED];
  if (config.database.kind === 'postgres') {
    const offset = examined.clockOffsetMs ?? 0;
    if (Math.abs(offset) <= CLOCK_MS) return [ok('agrees with the database server')];
    const message = `differs from the database server's by ${seconds(offset)}; leases follow the server's`;
    return [warning(message, 'Synchronise both by NTP.')];
  }
  const time = { ...systemTime, wall: machine.wall };
  const offset = (await readClock(stores.access, time)).now() - machine.wall();
  if (Math.abs(offset) <= CLOCK_MS) return [ok('agrees with the one that leases follow')];
  return [
    warning(
      `differs by ${seconds(offset)} from the one that leases follow: it was set while, or since, the service ran`,
      'Synchronise it by NTP. Leases are not affected; times in the future end late only if the clock was ahead.',
    ),
  ];
}

function seconds(ms: number): string {
  return `${Math.round(Math.abs(ms) / 1000)} s`;
}
