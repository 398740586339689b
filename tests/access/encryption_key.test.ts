import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KeyFileError, loadOrCreateEncryptionKey } from '../../src/access/encryption_key.js';
import { createPrivateFile, writePrivateFile } from '../../src/kernel/private_files.js';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'key-file-'));
  path = join(directory, 'encryption.key');
});

afterEach(() => rm(directory, { recursive: true }));

async function modeOf(file: string): Promise<number> {
  return (await stat(file)).mode & 0o777;
}

describe('the encryption key', () => {
  it('is created at the first start, readable by its owner only, and kept', async () => {
    const dataDir = join(directory, 'not', 'yet', 'there');
    const made = await loadOrCreateEncryptionKey(dataDir, randomBytes);
    expect(made).toHaveLength(32);
    expect(await modeOf(join(dataDir, 'encryption.key'))).toBe(0o600);
    expect(await readdir(dataDir)).toEqual(['encryption.key']);
    expect(await loadOrCreateEncryptionKey(dataDir, randomBytes)).toEqual(made);
  });

  it('is the same for concurrent starts', async () => {
    const starts = Array.from({ length: 20 }, () => loadOrCreateEncryptionKey(directory, randomBytes));
    const keys = new Set((await Promise.all(starts)).map((key) => Buffer.from(key).toString('hex')));
    expect(keys.size).toBe(1);
    expect(await readdir(directory)).toEqual(['encryption.key']);
  });

  it('is accepted in hexadecimal and base64', async () => {
    const key = randomBytes(32);
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      await writeFile(path, `  ${key.toString(encoding)}\r\n`);
      expect(Buffer.from(await loadOrCreateEncryptionKey(directory, randomBytes))).toEqual(key);
    }
  });

  it.each(['', 'abcd', `${'ab'.repeat(32)}\n${'cd'.repeat(32)}`])(
    'is never replaced: a file that contains %j prevents the start',
    async (text) => {
      await writeFile(path, text);
      const attempt = loadOrCreateEncryptionKey(directory, randomBytes);
      await expect(attempt).rejects.toThrow(KeyFileError);
      await expect(attempt).rejects.toThrow(path);
      expect(await readFile(path, 'utf8')).toBe(text);
    },
  );

  it('is not created from a source that returns too few bytes', async () => {
    await expect(loadOrCreateEncryptionKey(directory, () => randomBytes(8))).rejects.toThrow(KeyFileError);
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('a private file', () => {
  it('replaces the old file, and is readable by its owner only', async () => {
    await writeFile(path, 'old', { mode: 0o644 });
    await writePrivateFile(path, 'new');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await modeOf(path)).toBe(0o600);
    expect(await readdir(directory)).toEqual(['encryption.key']);
  });

  it('leaves nothing behind if it cannot be put in place', async () => {
    await expect(writePrivateFile(join(directory, 'missing', 'file'), 'text')).rejects.toThrow('ENOENT');
    await expect(writePrivateFile(directory, 'text')).rejects.toThrow();
    expect(await readdir(directory)).toEqual([]);
  });

  it('is created by exactly one of several', async () => {
    const attempts = ['a', 'b', 'c', 'd', 'e', 'f'].map((text) => createPrivateFile(path, text));
    const created = await Promise.all(attempts);
    expect(created.filter(Boolean)).toHaveLength(1);
    expect(await readFile(path, 'utf8')).toBe('abcdef'[created.indexOf(true)]);
  });
});
