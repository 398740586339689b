import { describe, expect, it } from '@jest/globals';
import { is } from 'drizzle-orm';
import { PgTable, getTableConfig as postgresConfig } from 'drizzle-orm/pg-core';
import { SQLiteTable, getTableConfig as sqliteConfig } from 'drizzle-orm/sqlite-core';
import { COPIED_TABLES, UNCOPIED_TABLES } from '../../src/storage/copying/copied_tables.js';
import * as postgres from '../../src/storage/postgres/schema.js';
import * as postgresScraping from '../../src/storage/postgres/schema.js';
import * as sqlite from '../../src/storage/sqlite/schema.js';
import * as sqliteScraping from '../../src/storage/sqlite/schema.js';

const inSqlite = Object.values({ ...sqlite, ...sqliteScraping }).flatMap((table) =>
  is(table, SQLiteTable) ? [sqliteConfig(table)] : [],
);
const inPostgres = Object.values({ ...postgres, ...postgresScraping }).flatMap((table) =>
  is(table, PgTable) ? [postgresConfig(table)] : [],
);
const copied = COPIED_TABLES.map(({ name }) => name);

describe('a copy', () => {
  it('covers every table of both databases, except those that are recreated', () => {
    const all = [...copied, ...UNCOPIED_TABLES].sort();
    expect(inPostgres.map(({ name }) => name).sort()).toEqual(all);
    expect(inSqlite.map(({ name }) => name).sort()).toEqual(all.filter((name) => name !== 'rate_limits'));
  });

  it('covers every column of each, by the same name and with the same key', () => {
    for (const { name, columns, key } of COPIED_TABLES) {
      const table = inSqlite.find((one) => one.name === name);
      expect(table?.columns.map((column) => column.name).sort()).toEqual(
        columns.map((one) => one.name).sort(),
      );
      const single = table?.columns.filter(({ primary }) => primary) ?? [];
      const together = table?.primaryKeys.flatMap((one) => one.columns) ?? [];
      expect([...single, ...together].map((column) => column.name)).toEqual(key.map((one) => one.name));
    }
  });

  it('has an order in which rows come after those that they refer to', () => {
    for (const { name, foreignKeys } of inPostgres) {
      for (const key of foreignKeys) {
        const { name: referred } = postgresConfig(key.reference().foreignTable);
        expect(copied.indexOf(referred)).toBeLessThan(copied.indexOf(name));
      }
    }
  });
});
