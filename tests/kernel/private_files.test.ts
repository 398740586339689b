import { link, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { placeNew } from '../../src/kernel/private_files.js';

let directory: string;
let temporary: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'placing-'));
  temporary = join(directory, 'temporary');
  path = join(directory, 'file');
  await writeFile(temporary, 'new');
});

afterEach(() => rm(directory, { recursive: true }));

/** As `link` on a disk without hard links. */
const refusing = (code: string) => async () => {
  throw Object.assign(new Error(code), { code });
};

describe.each([
  ['with hard links', link],
  ['on a disk that does not permit hard links', refusing('EPERM')],
  ['on a disk that does not support hard links', refusing('ENOTSUP')],
])('placing a new file %s', (_, linking) => {
  it('moves it to a name that is free', async () => {
    expect(await placeNew(temporary, path, linking)).toBe(true);
    expect(await readdir(directory)).toEqual(['file']);
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it('leaves the file that has the name as it is', async () => {
    await writeFile(path, 'precious');
    expect(await placeNew(temporary, path, linking)).toBe(false);
    expect(await readFile(path, 'utf8')).toBe('precious');
    expect(await readFile(temporary, 'utf8')).toBe('new');
  });
});

describe('placing a new file', () => {
  it('fails as linking it does', async () => {
    await expect(placeNew(temporary, path, refusing('EIO'))).rejects.toThrow('EIO');
    expect(await readdir(directory)).toEqual(['temporary']);
  });
});
