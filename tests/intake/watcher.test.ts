import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { SessionsWatcher } from '../../src/intake/watcher.js';
import { nodeTimers } from '../../src/kernel/timers.js';
import { until } from '../service/manual_time.js';
import { reusedThreads } from '../service/reused_threads.js';
import { write } from './session_files.js';

const MAX_DIRECTORIES = 40;

/** A watcher of a directory, and what it reported. */
interface Watched {
  readonly root: string;
  readonly watcher: SessionsWatcher;
  /** What settled since this was last emptied. */
  readonly settled: (readonly string[] | null)[];
  readonly incomplete: string[];
}

// The kernel reports writes, so that all of these wait in real time.

/** Runs the test with a started watcher of a directory with these files and directories (`…/`). */
function watching(test: (watched: Watched) => Promise<void>, files: readonly string[] = []) {
  return async () => {
    const root = mkdtempSync(join(tmpdir(), '.watched-'));
    for (const path of files) {
      if (path.endsWith('/')) mkdirSync(join(root, path));
      else write(root, { [path]: '' });
    }
    const settled: (readonly string[] | null)[] = [];
    const incomplete: string[] = [];
    const watcher = new SessionsWatcher({
      root,
      timers: nodeTimers,
      onSettled: (names) => settled.push(names),
      onIncomplete: (reason) => incomplete.push(reason),
      maxDirectories: MAX_DIRECTORIES,
      threads: reusedThreads,
    });
    try {
      watcher.start();
      await until(() => settled.length > 0);
      expect(settled.splice(0)).toEqual([null]);
      await test({ root, watcher, settled, incomplete });
    } finally {
      watcher.close();
      rmSync(root, { recursive: true, force: true });
    }
  };
}

function manyDirectories(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index}/`);
}

/** Everything that settled, up to and including something of this name, or a scan of everything. */
async function told({ settled }: Watched, name: string): Promise<readonly (readonly string[] | null)[]> {
  await until(() => settled.some((names) => names === null || names.includes(name)));
  return settled.splice(0);
}

describe('the watcher of a sessions directory', () => {
  it(
    'reports a session whose file was written, replaced or removed',
    watching(
      async (watched) => {
        const file = join(watched.root, 'one.session');
        writeFileSync(file, 'more');
        expect(await told(watched, 'one')).toEqual([['one']]);
        writeFileSync(`${file}.part`, 'another');
        renameSync(`${file}.part`, file);
        expect(await told(watched, 'one')).toEqual([['one']]);
        rmSync(file);
        expect(await told(watched, 'one')).toEqual([['one']]);
        write(watched.root, { 'sub/two.json': '' });
        expect(await told(watched, 'sub/two')).toEqual([['sub/two']]);
      },
      ['one.session', 'sub/two.json'],
    ),
  );

  it(
    'ignores SQLite’s auxiliary files, hidden files, and files that are not sessions',
    watching(
      async (watched) => {
        for (const name of ['one.session-journal', 'one.session-wal', '.one.session', 'one.part', 'notes']) {
          writeFileSync(join(watched.root, name), '');
          rmSync(join(watched.root, name));
          writeFileSync(join(watched.root, name), '');
        }
        write(watched.root, { 'one.session': 'more' });
        expect(await told(watched, 'one')).toEqual([['one']]);
      },
      ['one.session'],
    ),
  );

  it(
    'asks for a scan of everything when a directory comes or goes, and names what is written in it from then on',
    watching(async (watched) => {
      for (const directory of ['573025288905', 'with.dots', 'with.dots']) {
        mkdirSync(join(watched.root, directory));
        expect(await told(watched, '')).toEqual([null]);
        write(watched.root, { [`${directory}/a.session`]: '' });
        expect(await told(watched, `${directory}/a`)).toEqual([[`${directory}/a`]]);
        rmSync(join(watched.root, directory), { recursive: true });
        expect((await told(watched, `${directory}/a`)).at(-1)).toBeNull();
      }
      expect(watched.incomplete).toEqual([]);
    }),
  );

  it(
    'asks for few scans of everything while 5,000 files are copied, and for one after the last',
    watching(async (watched) => {
      for (let index = 0; index < 5000; index += 1)
        writeFileSync(join(watched.root, `n${index}.session.part`), '');
      for (let index = 0; index < 5000; index += 1)
        renameSync(join(watched.root, `n${index}.session.part`), join(watched.root, `n${index}.session`));
      const scans = [...(await told(watched, 'n4999'))];
      const before = watched.settled.length;
      writeFileSync(join(watched.root, 'n4999.session'), 'more');
      // By its name or, on a slow machine, still among all of them.
      await until(() => watched.settled.slice(before).some((names) => names?.includes('n4999') ?? true));
      scans.push(...watched.settled.slice(0, -1));
      expect(scans).toContain(null);
      expect(scans.length).toBeLessThanOrEqual(4);
    }),
    60_000,
  );

  it(
    'logs once that it is incomplete with more directories than it can watch, and still watches the first ones',
    watching(async (watched) => {
      expect(watched.incomplete).toEqual(['more than 40 directories']);
      write(watched.root, { 'top.session': '' });
      expect(await told(watched, 'top')).toEqual([['top']]);
      mkdirSync(join(watched.root, 'one-more'));
      write(watched.root, { 'top.session': 'more' });
      await told(watched, 'top');
      expect(watched.incomplete).toHaveLength(1);
    }, manyDirectories(50)),
  );

  it(
    'is restarted for what is there now',
    watching(async (watched) => {
      rmSync(watched.root, { recursive: true });
      mkdirSync(watched.root);
      watched.watcher.start();
      expect((await told(watched, '')).at(-1)).toBeNull();
      write(watched.root, { 'new.session': '' });
      expect((await told(watched, 'new')).flat()).toContain('new');
    }),
  );
});
