import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { SavedReaders } from '../../src/scraping/split/saved_readers.js';
import { withService } from '../service/service.js';
import { seedProgress, seedSource } from '../sources/seeding.js';

const OWNER = 'this-replica';

describe('the readers of a split run', () => {
  it(
    'are saved in the order in which they come, however long the first takes',
    withService(async (service) => {
      const { runs, runLists } = service.container.database;
      const source = await seedSource(service);
      const { id } = await seedProgress(service, source.id, OWNER);
      const happened: string[] = [];
      let saveFirst = () => {};
      const first = new Promise<void>((resolve) => {
        saveFirst = resolve;
      });
      const saveSessions = async (...given: Parameters<typeof runs.saveSessions>) => {
        happened.push(`saving ${given[2]}`);
        if (happened.length === 1) await first;
        const isSaved = await runs.saveSessions(...given);
        happened.push(`saved ${given[2]}`);
        return isSaved;
      };
      const log = (level: 'info' | 'warning' | 'error', message: string) =>
        runs.log(id, [{ at: 1, level, message }]);
      const onChanged = (run: number) => happened.push(`told of ${run}`);
      const readers = new SavedReaders({ id, owner: OWNER }, log, { runs: { saveSessions }, onChanged });
      const saved = [
        readers.save('b reads as well', ['a', 'b']),
        readers.save('c reads as well', ['a', 'b', 'c']),
      ];
      // Whatever could be saved beside the first would be by now.
      await setImmediate();
      saveFirst();
      await Promise.all(saved);
      expect(happened).toEqual([
        ...['saving a,b', 'saved a,b', `told of ${id}`],
        ...['saving a,b,c', 'saved a,b,c', `told of ${id}`],
      ]);
      expect((await runs.run(id))?.sessions).toEqual(['a', 'b', 'c']);
      const entries = await runLists.logs(id, { skip: 0, limit: 10 });
      expect(entries.map(({ message }) => message)).toEqual([
        'b reads as well; 2 sessions: a, b',
        'c reads as well; 3 sessions: a, b, c',
      ]);
    }),
  );

  it(
    'are saved after an attempt that failed',
    withService(async (service) => {
      const { runs } = service.container.database;
      const source = await seedSource(service);
      const { id } = await seedProgress(service, source.id, OWNER);
      let calls = 0;
      const saveSessions = async (...given: Parameters<typeof runs.saveSessions>) => {
        calls += 1;
        if (calls === 1) throw new Error('the database is away');
        return runs.saveSessions(...given);
      };
      const log = () => Promise.reject(new Error('the database is away'));
      const readers = new SavedReaders({ id, owner: OWNER }, log, {
        runs: { saveSessions },
        onChanged: () => undefined,
      });
      await readers.save('b reads as well', ['a', 'b']);
      await readers.save('c reads as well', ['a', 'b', 'c']);
      expect((await runs.run(id))?.sessions).toEqual(['a', 'b', 'c']);
    }),
  );
});
