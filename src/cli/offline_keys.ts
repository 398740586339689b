import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { KeyService } from '../access/keys.js';
import type { KeyRecord } from '../access/store.js';
import { SingleNode } from '../cluster/single_node.js';
import { loadConfig } from '../config.js';
import { readEnvironment } from '../environment.js';
import { holderOf, type Role } from '../kernel/api_key.js';
import { iso, momentOf, type SteadyClock, systemTime } from '../kernel/clock.js';
import { DatabaseRefused } from '../storage/database.js';
import { openSideConnection } from '../storage/open.js';
import { readClock } from '../storage/saved_clock.js';
import { endWithReader } from './context.js';
import { UsageError } from './exit_codes.js';
import type { Fields } from './service.js';

/** What a key is created with. */
export interface NewKey {
  readonly name: string;
  readonly role: Role;
  readonly maxLeases?: number;
  readonly expires?: Date;
  readonly tag?: readonly string[];
}

/** The API keys of a running service, or of a database. Answers are the API's. */
export interface Keys {
  list(): Promise<readonly Fields[]>;
  /** Answers with the key itself. */
  create(wanted: NewKey): Promise<Fields>;
  revoke(id: number, endLeases: boolean): Promise<Fields>;
}

/** Works on the keys in the database of the settings, without a service. @throws ConfigError, DatabaseRefused. */
export async function withOfflineKeys(action: (keys: Keys) => Promise<void>): Promise<void> {
  endWithReader();
  const config = loadConfig(readEnvironment());
  const database = await openSideConnection(config.database).catch(withAdvice);
  try {
    const { access: store, audit } = database;
    const clock = await readClock(store, systemTime);
    const keys = new KeyService({ store, clock, bootstrapKeys: [], randomBytes, cluster: new SingleNode() });
    const keyName = userName();
    const recordAction = (action: string, keyId: number) =>
      audit.add({
        ...{ at: clock.now(), holder: 'command line', keyName, address: null },
        ...{ requestId: null, action, object: holderOf(keyId), outcome: 'done' },
      });
    await action({
      list: async () => (await keys.list()).map((record) => serialize(record, clock)),
      async create(wanted) {
        const { key, ...record } = await keys.create(valuesOf(wanted, clock));
        await recordAction('key.create', record.id);
        return { ...serialize(record, clock), key };
      },
      async revoke(id) {
        await keys.revoke(id);
        await recordAction('key.revoke', id);
        return { message: 'Key revoked', id };
      },
    });
  } finally {
    await database.close();
  }
}

/** Who runs this; in a container, the system may know no name of the user. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}

/** @throws the error; where the database is refused, with what to do if a service uses it. */
function withAdvice(error: unknown): never {
  if (!(error instanceof DatabaseRefused)) throw error;
  throw new DatabaseRefused(`${error.message}\nTo ask a running service instead, set TELEGATE_API_KEY.`);
}

function valuesOf({ name, role, maxLeases, expires, tag = [] }: NewKey, clock: SteadyClock) {
  const expiresAt = expires ? momentOf(expires, clock) : null;
  if (expiresAt !== null && expiresAt <= clock.now())
    throw new UsageError('--expires: expected a time in the future');
  return { name, role, maxLeases: maxLeases ?? null, expiresAt, tags: [...new Set(tag)] };
}

/** A key as the API answers it. */
function serialize(record: KeyRecord, clock: SteadyClock): Fields {
  const { id, name, role, maxLeases: max_leases, tags } = record;
  const shown = (at: number) => iso(clock, at);
  const expires_at = record.expiresAt === null ? null : shown(record.expiresAt);
  return { id, name, role, max_leases, tags: [...tags], expires_at, created_at: shown(record.createdAt) };
}
