import { readFileSync, statSync, truncateSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemTime } from '../../src/kernel/clock.js';
import { DatabaseDamaged } from '../../src/kernel/errors.js';
import { createLogger } from '../../src/kernel/logging.js';
import type { Database } from '../../src/storage/database.js';
import { openSqlite } from '../../src/storage/sqlite/opening.js';
import { walkPages } from '../../src/storage/sqlite/soundness.js';
import { T0, wish } from '../contracts/stores.js';
import { Lines } from '../logged.js';
import { until } from '../service/manual_time.js';
import { some, withService } from '../service/service.js';
import { openAt } from './databases.js';
import { LargeDatabase, middlePage, overwritePage, pagesOf } from './large_database.js';

const large = new LargeDatabase();

beforeAll(() => large.build());
afterAll(() => large.remove());

const PAGES = [
  ['a table', 'history', 'leaf', 0xa5],
  ['a table, by zeros', 'history', 'leaf', 0],
  ['a table, of those that lead to others', 'history', 'internal', 0xff],
  ['an index', 'history_by_session', 'leaf', 0xa5],
  ['an index, of those that lead to others', 'history_by_session', 'internal', 0],
] as const;

/** The service's database, and the relevant lines of its log. */
async function opened(path: string): Promise<{ database: Database; said: (text: string) => string[] }> {
  const stream = new Lines();
  const logger = createLogger({ level: 'info', stream });
  const database = await openSqlite({ kind: 'sqlite', file: path }, { logger, time: systemTime });
  return { database, said: (text) => stream.text.split('\n').filter((line) => line.includes(text)) };
}

/** Overwrites the index of the history. */
function overwriteHistory(path: string): void {
  for (const page of pagesOf(path, 'history_by_session', 'leaf')) overwritePage(path, page);
}

describe('a database of 85 MiB', () => {
  it('is opened at once, and checked in the background without findings', async () => {
    const path = large.copy();
    expect(statSync(path).size).toBeGreaterThan(80 * 2 ** 20);
    const { database, said } = await opened(path);
    await until(() => said('the database was checked and is not damaged').length > 0);
    expect(await database.pool.acquire(wish(), T0)).toMatchObject({ kind: 'granted' });
    await database.close();
  });

  it.each([
    ['whose header is overwritten', (path: string) => overwritePage(path, 1)],
    ['that is cut off', (path: string) => truncateSync(path, 50 * 2 ** 20)],
    ['that is cut off within its first page', (path: string) => truncateSync(path, 1000)],
  ])('%s is refused at the start, and left unchanged', async (_, damage) => {
    const path = large.copy();
    damage(path);
    const before = readFileSync(path);
    await expect(openAt(path)).rejects.toMatchObject({
      name: 'DatabaseRefused',
      message: expect.stringContaining(`${path} is damaged`),
    });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it.each(PAGES)(
    'with an overwritten page of %s is found damaged in the background, and the service stops leasing',
    async (_, tree, kind, byte) => {
      const path = large.copy();
      overwritePage(path, middlePage(path, tree, kind), byte);
      const { database, said } = await opened(path);
      await until(() => said('the database is damaged').length > 0);
      for (let turn = 0; turn < 2; turn += 1)
        await expect(database.pool.acquire(wish(), T0)).rejects.toThrow(DatabaseDamaged);
      await expect(database.touch()).rejects.toMatchObject({ detail: { error: 'database_damaged' } });
      const told = said('the database is damaged');
      expect(told).toHaveLength(1);
      expect(told[0]).toContain(path);
      expect(told[0]).toContain('restore it from a backup');
      await database.close();
    },
  );

  it('is checked in slices of a few milliseconds', () => {
    const slices = [...walkPages(large.copy())].sort((one, other) => one - other);
    expect(slices.length).toBeGreaterThan(50);
    expect(slices[Math.floor(slices.length / 2)]).toBeLessThan(50);
  });
});

describe('a page that turns out to be damaged while the service runs', () => {
  it('fails every call with its own error, not that of an unavailable disk or server', async () => {
    const path = large.copy();
    const database = await openAt(path);
    const reasons: string[] = [];
    database.onDamaged((reason) => reasons.push(reason));
    const entries = () => database.pool.history(10 + 500, { skip: 0, limit: 100 });
    expect(await database.pool.acquire(wish(), T0)).toMatchObject({ kind: 'granted' });
    overwriteHistory(path);
    await expect(entries()).rejects.toThrow(DatabaseDamaged);
    await expect(database.pool.acquire(wish(), T0)).rejects.toThrow(DatabaseDamaged);
    expect(reasons).toEqual([expect.stringContaining('malformed')]);
    await database.close();
  });

  it('is reported by /ready, and to requests that ask or wait for a session', () => {
    const path = large.copy();
    const settings = { DATABASE_URL: `sqlite:${path}` };
    return withService(
      async (service) => {
        const held = service
          .as('worker')
          .get('/session?wait=60&tag=none')
          .then((answer) => answer);
        await until(async () => (await service.status()).waiting === 1);
        overwriteHistory(path);
        expect((await service.as('admin').get('/sessions/510/history')).body.detail.error).toBe(
          'database_damaged',
        );
        for (const answer of [await held, await service.as('worker').get('/session')]) {
          expect(answer.status).toBe(503);
          expect(answer.body.detail.error).toBe('database_damaged');
          expect(answer.headers['retry-after']).toBe('60');
        }
        const ready = await service.as(null).get('/ready').expect(503);
        expect(ready.body.detail.reasons.database).toContain('damaged');
        const told = service.log.filter((line) => line.includes('the database is damaged'));
        expect(told).toEqual([expect.stringContaining('restore it from a backup')]);
        expect(JSON.stringify(ready.body)).not.toContain(path);
        await service.as(null).get('/health').expect(200);
      },
      { settings, files: some(3), database: 'sqlite' },
    )();
  });
});
