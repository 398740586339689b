import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { inspectSession, readCredentials } from '../../src/intake/formats/inspect.js';
import { telethonFile } from '../../src/intake/formats/telethon_file.js';
import { digest, fixture, inDirectory } from './session_files.js';
import { pythonWithTelethon } from './telethon.js';

const credentials = { dcId: 4, serverAddress: '149.154.167.91', port: 443, authKey: randomBytes(256) };

const python = pythonWithTelethon();
if (python === null) {
  process.stderr.write('skipped: real Telethon is not installed (apt-get install python3-telethon)\n');
}
const withTelethon = python === null ? describe.skip : describe;

/** Opens a session file with Telethon, prints its content, and stores an entity and a state. */
const OPEN = `
import datetime, json, sys
from telethon.sessions import SQLiteSession
from telethon.tl import types

session = SQLiteSession(sys.argv[1])
held = [session.dc_id, session.server_address, session.port, session.auth_key.key.hex(), session.takeout_id]
session.process_entities([types.InputPeerUser(2 ** 40, 2 ** 62)])
session.set_update_state(0, types.updates.State(1, 2, datetime.datetime.now(), 3, 4))
session.save()
session.close()
print(json.dumps(held))
`;

interface SchemaRow {
  readonly name: string;
  readonly sql: string | null;
}

function schema(image: Buffer): unknown[] {
  const database = new Database(image, { readonly: true });
  try {
    const rows = database.prepare<[], SchemaRow>('SELECT name, sql FROM sqlite_schema ORDER BY rowid').all();
    const version = database.prepare('SELECT version FROM version').all();
    return [version, rows.map(({ name, sql }) => [name, sql?.replace(/\s+/g, ' ').replace(/\( | \)/g, '')])];
  } finally {
    database.close();
  }
}

describe('a Telethon file', () => {
  it('is read back with the values that it was written with', () => {
    const files = { session: telethonFile(credentials), json: null };
    expect(inspectSession(files)).toMatchObject({
      format: 'telethon',
      dead: null,
      dcId: 4,
      authKeySha256: digest(credentials.authKey),
    });
    expect(readCredentials(files)).toMatchObject(credentials);
  });

  it('keeps an IPv6 address, a host name, another port', () => {
    for (const address of [
      { serverAddress: '2001:67c:4e8:f002::a', port: 80 },
      { serverAddress: 'dc.example', port: 65535 },
    ]) {
      const session = telethonFile({ ...credentials, ...address });
      expect(readCredentials({ session, json: null })).toMatchObject(address);
    }
  });

  it('has the layout of Telethon 1.25', () => {
    expect(schema(telethonFile(credentials))).toEqual(schema(fixture('alpha.session')));
  });

  it('is never written with a key of another length', () => {
    for (const length of [0, 255, 257]) {
      expect(() => telethonFile({ ...credentials, authKey: randomBytes(length) })).toThrow(RangeError);
    }
  });
});

withTelethon('Telethon itself', () => {
  it('opens the file, finds everything in it, and continues writing to it', () =>
    inDirectory((directory) => {
      const path = join(directory, 'made.session');
      writeFileSync(path, telethonFile(credentials));
      const { stdout, stderr } = spawnSync(python ?? '', ['-c', OPEN, path], { encoding: 'utf8' });
      expect(stderr).toBe('');
      const { dcId, serverAddress, port, authKey } = credentials;
      expect(JSON.parse(stdout)).toEqual([dcId, serverAddress, port, authKey.toString('hex'), null]);
      expect(readCredentials({ session: readFileSync(path), json: null })).toMatchObject(credentials);
    }));
});
