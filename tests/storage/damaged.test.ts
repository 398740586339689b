import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { found, put, T0 } from '../contracts/stores.js';
import { contentsOf, inDirectory, openAt } from './databases.js';

const PAGE = 4096;

/** A database with a few hundred rows, all in its one file. */
async function healthy(path: string): Promise<void> {
  const database = await openAt(path);
  const names = Array.from({ length: 400 }, (_, index) => `session-${index}`);
  await database.intake.apply(
    names.map((name) => put(found(name))),
    T0,
  );
  await database.close();
}

/** Runs the test with a directory that holds one database file, damaged. */
function damaged(damage: (path: string) => void, test: (path: string, directory: string) => Promise<void>) {
  return () =>
    inDirectory(async (directory) => {
      await healthy(join(directory, 'telegate.db'));
      const copy = join(directory, 'copy');
      mkdirSync(copy);
      copyFileSync(join(directory, 'telegate.db'), join(copy, 'telegate.db'));
      damage(join(copy, 'telegate.db'));
      await test(join(copy, 'telegate.db'), copy);
    });
}

function overwrite(path: string, offset: number, bytes: Buffer): void {
  const content = readFileSync(path);
  bytes.copy(content, offset);
  writeFileSync(path, content);
}

/** The page on which the table of sessions begins. */
function rootPage(path: string, table: string): number {
  const sqlite = new Database(path, { readonly: true, fileMustExist: true });
  const page = Number(sqlite.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table));
  sqlite.close();
  return page;
}

const DAMAGES: readonly [string, (path: string) => void][] = [
  ['whose first bytes are overwritten', (path) => overwrite(path, 0, Buffer.alloc(16, 0xee))],
  ['whose page size is nonsense', (path) => overwrite(path, 16, Buffer.from([0x12, 0x34]))],
  [
    'cut off in the middle',
    (path) => truncateSync(path, Math.floor(readFileSync(path).length / 2 / PAGE) * PAGE),
  ],
  ['cut off within a page', (path) => truncateSync(path, readFileSync(path).length - PAGE - 100)],
  ['that is no database', (path) => writeFileSync(path, 'sessions: 42\n'.repeat(1000))],
];

describe('a damaged database', () => {
  it.each(DAMAGES)('%s is refused by name and left unchanged', (_, damage) =>
    damaged(damage, async (path, directory) => {
      const before = contentsOf(directory);
      await expect(openAt(path)).rejects.toMatchObject({
        name: 'DatabaseRefused',
        message: expect.stringContaining(`${path} is damaged`),
      });
      expect(contentsOf(directory)).toEqual(before);
    })(),
  );

  it('with a damaged page in the middle is refused by name and left unchanged', () =>
    inDirectory(async (directory) => {
      await healthy(join(directory, 'telegate.db'));
      const page = rootPage(join(directory, 'telegate.db'), 'sessions');
      await damaged(
        (path) => overwrite(path, (page - 1) * PAGE, Buffer.alloc(PAGE, 0xa5)),
        async (path, copy) => {
          const before = contentsOf(copy);
          await expect(openAt(path)).rejects.toThrow(`${path} is damaged`);
          expect(contentsOf(copy)).toEqual(before);
        },
      )();
    }));

  it('is opened again once it is restored from a copy', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'telegate.db');
      await healthy(path);
      const copy = readFileSync(path);
      truncateSync(path, 5000);
      await expect(openAt(path)).rejects.toThrow('Nothing was changed');
      writeFileSync(path, copy);
      const database = await openAt(path);
      expect(await database.intake.total()).toBe(400);
      await database.close();
    }));

  it('that is a directory, or in an unwritable place, is refused by name', () =>
    inDirectory(async (directory) => {
      mkdirSync(join(directory, 'telegate.db'));
      await expect(openAt(join(directory, 'telegate.db'))).rejects.toMatchObject({ name: 'DatabaseRefused' });
      writeFileSync(join(directory, 'file'), '');
      await expect(openAt(join(directory, 'file', 'telegate.db'))).rejects.toThrow('file');
    }));
});
