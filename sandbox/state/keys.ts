import { AuthKey } from '../mtproto/auth_key.js';
import type { State } from './database.js';

/** An auth key as a data centre stores it. */
export interface KeyRecord {
  readonly dcId: number;
  /** 16 hexadecimal digits. */
  readonly keyId: string;
  readonly authKey: AuthKey;
  /** Null: the client has not announced its layer yet. */
  readonly layer: number | null;
  readonly apiId: number | null;
  readonly authorization: Authorization | null;
  /** The phone number whose code was right and whose password is pending. */
  readonly awaitsPassword: string | null;
}

/** An authorization as in `account.getAuthorizations`, over all data centres that it has reached. */
export interface Authorization {
  readonly id: number;
  readonly phone: string;
  /** The error for every later request. */
  readonly dead: string | null;
}

interface Row {
  dc_id: number;
  key_id: string;
  key: Buffer;
  layer: number | null;
  api_id: number | null;
  awaits_password: string | null;
  authorization_id: number | null;
  phone: string | null;
  dead: string | null;
}

const select = `SELECT k.dc_id, k.key_id, k.key, k.layer, k.api_id, k.awaits_password,
  a.id AS authorization_id, a.phone, a.dead
  FROM auth_keys k LEFT JOIN authorizations a ON a.id = k.authorization_id
  WHERE k.dc_id = ? AND k.key_id = ?`;

/** The auth keys of all data centres and the authorizations bound to them. Each knows only its own keys. */
export class Keys {
  constructor(
    readonly state: State,
    readonly time: () => number,
  ) {}

  /** Deletes the keys created before `time` that were never used for a login: tests leave thousands of them. */
  forgetUnused(before: number): void {
    const remove = 'DELETE FROM auth_keys WHERE authorization_id IS NULL AND created_at < ?';
    this.state.prepare(remove).run(before);
  }

  find(dcId: number, keyId: string): KeyRecord | null {
    const row = this.state.prepare<[number, string], Row>(select).get(dcId, keyId);
    return row === undefined ? null : record(row);
  }

  /** False if the id is taken. */
  add(dcId: number, key: AuthKey): boolean {
    const insert = 'INSERT OR IGNORE INTO auth_keys (dc_id, key_id, key, created_at) VALUES (?, ?, ?, ?)';
    return this.state.prepare(insert).run(dcId, key.id.toString('hex'), key.bytes, this.time()).changes === 1;
  }

  remove({ dcId, keyId }: KeyRecord): void {
    this.state.prepare('DELETE FROM auth_keys WHERE dc_id = ? AND key_id = ?').run(dcId, keyId);
  }

  /** Stores the data of `initConnection`. */
  introduce({ dcId, keyId }: KeyRecord, layer: number, apiId: number): void {
    const update = 'UPDATE auth_keys SET layer = ?, api_id = ? WHERE dc_id = ? AND key_id = ?';
    this.state.prepare(update).run(layer, apiId, dcId, keyId);
  }

  awaitPassword({ dcId, keyId }: KeyRecord, phone: string | null): void {
    const update = 'UPDATE auth_keys SET awaits_password = ? WHERE dc_id = ? AND key_id = ?';
    this.state.prepare(update).run(phone, dcId, keyId);
  }

  /** Logs `key` in as `phone`: a new authorization. */
  authorize(key: KeyRecord, phone: string): void {
    const insert = 'INSERT INTO authorizations (phone, created_at) VALUES (?, ?)';
    const { lastInsertRowid } = this.state.prepare(insert).run(phone, this.time());
    this.bind(key, Number(lastInsertRowid));
  }

  /** Adds `key` to an existing authorization, for another data centre. */
  bind({ dcId, keyId }: KeyRecord, authorizationId: number): void {
    const update =
      'UPDATE auth_keys SET authorization_id = ?, awaits_password = NULL WHERE dc_id = ? AND key_id = ?';
    this.state.prepare(update).run(authorizationId, dcId, keyId);
  }

  /** Ends an authorization everywhere: its keys remain, without an account. */
  revoke(authorizationId: number): void {
    this.state.prepare('DELETE FROM authorizations WHERE id = ?').run(authorizationId);
  }

  /** Makes every later request of the authorization fail with `error`. */
  kill(authorizationId: number, error: string): void {
    this.state.prepare('UPDATE authorizations SET dead = ? WHERE id = ?').run(error, authorizationId);
  }
}

function record(row: Row): KeyRecord {
  const { authorization_id: id, phone, dead } = row;
  return {
    dcId: row.dc_id,
    keyId: row.key_id,
    authKey: new AuthKey(row.key),
    layer: row.layer,
    apiId: row.api_id,
    awaitsPassword: row.awaits_password,
    authorization: id === null || phone === null ? null : { id, phone, dead },
  };
}
