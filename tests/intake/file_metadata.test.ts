import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type KnownOfFile, mergeFileMetadata, wouldLose } from '../../src/intake/file_metadata.js';
import type { FoundFile } from '../../src/intake/store.js';

const NOW = 2000;
const KEY = createHash('sha256').update('key').digest();
const OTHER_KEY = createHash('sha256').update('other').digest();

const found = (changes: Partial<FoundFile> = {}): FoundFile => ({
  ...{ name: 'a', file: 'a.session', json: 'a.json', fingerprint: 'print', format: 'telethon', dead: null },
  ...{ authKeySha256: KEY.toString('hex'), dcId: 2, userId: '77', phoneNumber: '+15550001111', apiId: 4 },
  remembersChannels: false,
  credentials: 'encrypted',
  ...changes,
});

const row = (changes: Partial<KnownOfFile> = {}): KnownOfFile => ({
  ...{ name: 'a', file: 'a.session', jsonFile: 'a.json', format: 'telethon', dcId: 2, userId: '77' },
  ...{ phoneNumber: '+15550001111', apiId: 4, apiHash: 'hash', credentials: 'kept' },
  ...{ lastCheckedAt: 900, updatedAt: 1000 },
  ...changes,
});

/** Everything that a file may omit. */
const SILENT: Partial<FoundFile> = { userId: null, phoneNumber: null, apiId: null, credentials: null };

describe('what the row says of a session, once its file was read', () => {
  it('is what the file says, without what is kept elsewhere', () => {
    expect(mergeFileMetadata(row(), found({ dead: 'no auth key' }), false, NOW)).toEqual({
      ...{
        name: 'a',
        file: 'a.session',
        jsonFile: 'a.json',
        fingerprint: 'print',
        format: 'telethon',
        dcId: 2,
      },
      ...{ userId: '77', phoneNumber: '+15550001111', apiId: 4, apiHash: 'hash', credentials: 'encrypted' },
      ...{ lastCheckedAt: 900, updatedAt: 1000 },
    });
  });

  it('stays what it was where the file says nothing', () => {
    expect(mergeFileMetadata(row(), found(SILENT), false, NOW)).toMatchObject({
      ...{ userId: '77', phoneNumber: '+15550001111', apiId: 4, apiHash: 'hash', credentials: 'kept' },
      lastCheckedAt: 900,
    });
  });

  it('is nothing about the user of another auth key', () => {
    expect(mergeFileMetadata(row(), found(SILENT), true, NOW)).toMatchObject({
      ...{ userId: null, phoneNumber: '+15550001111', apiId: 4, apiHash: 'hash', credentials: null },
      ...{ lastCheckedAt: null, updatedAt: NOW },
    });
    expect(mergeFileMetadata(row(), found({ userId: '78' }), true, NOW)).toMatchObject({
      ...{ userId: '78', credentials: 'encrypted', lastCheckedAt: null },
    });
  });

  it('keeps an api hash with its own api id only', () => {
    expect(mergeFileMetadata(row(), found({ apiId: 5 }), false, NOW)).toMatchObject({
      apiId: 5,
      apiHash: null,
    });
    expect(mergeFileMetadata(row({ apiId: null }), found(), false, NOW)).toMatchObject({ apiHash: null });
    const neither = mergeFileMetadata(row({ apiId: null }), found({ apiId: null }), false, NOW);
    expect(neither).toMatchObject({ apiId: null, apiHash: 'hash' });
  });
});

describe('a session was last changed', () => {
  it.each<[string, Partial<FoundFile>]>([
    ['name', { name: 'b' }],
    ['file', { file: 'b.session' }],
    ['JSON file', { json: null }],
    ['format', { format: 'pyrogram' }],
    ['data centre', { dcId: 4 }],
    ['user', { userId: '78' }],
    ['phone number', { phoneNumber: '+15550002222' }],
    ['api id', { apiId: 5 }],
  ])('now, when its %s is another one', (_, changes) => {
    expect(mergeFileMetadata(row(), found(changes), false, NOW).updatedAt).toBe(NOW);
  });

  it('now, when its auth key is another one, and as before when its file was only touched', () => {
    expect(mergeFileMetadata(row(), found(), true, NOW).updatedAt).toBe(NOW);
    const touched = found({ fingerprint: 'another', credentials: 'encrypted anew', dead: 'why' });
    expect(mergeFileMetadata(row(), touched, false, NOW).updatedAt).toBe(1000);
  });
});

describe('a file that is found under the name of a session', () => {
  const only = { file: null, jsonFile: null, authKeySha256: KEY, state: 'free' };
  const other = found({ authKeySha256: OTHER_KEY.toString('hex') });

  it.each([
    ['has no file, and another auth key', only, other, true],
    ['has no file, and is leased', { ...only, state: 'leased' }, other, true],
    ['has no file, and the same auth key', only, found(), false],
    ['has no file and no auth key', { ...only, authKeySha256: null }, other, false],
    ['has no file and is refused by Telegram', { ...only, state: 'dead' }, other, false],
    ['has a file', { ...only, file: 'a.session' }, other, false],
    ['has a JSON file', { ...only, jsonFile: 'a.json' }, other, false],
  ])('that %s: would lose it', (_, known, file, lost) => {
    expect(wouldLose(known, file)).toBe(lost);
  });

  it('without an auth key would lose one that is nowhere else', () => {
    expect(wouldLose(only, found({ authKeySha256: null }))).toBe(true);
  });
});
