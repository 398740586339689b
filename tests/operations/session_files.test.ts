import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.js';
import {
  copySessionFiles,
  hiddenDirectory,
  isSessionPath,
  moveAll,
  sessionFilesIn,
  withSideFiles,
} from '../../src/operations/backup/session_files.js';

let directory: string;
const path = (...parts: string[]) => join(directory, ...parts);
const config = () => loadConfig({ SESSIONS_DIR: path('sessions') });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'session-files-'));
  mkdirSync(path('sessions', 'eu'), { recursive: true });
  mkdirSync(path('staging'));
});

afterEach(() => rmSync(directory, { recursive: true }));

/** What a backup would hold, by path, and what it could not read. */
async function copied() {
  const files: Record<string, string> = {};
  const unreadable: string[] = [];
  for await (const session of copySessionFiles(config(), path('staging'))) {
    for (const { path: name, copy, size } of session.files) {
      files[name] = readFileSync(copy, 'utf8');
      expect(files[name]).toHaveLength(size);
    }
    unreadable.push(...session.unreadable.map(({ path: name }) => name));
  }
  return { files, unreadable };
}

describe('the session files of a backup', () => {
  it('are those that a scan finds, with what SQLite keeps beside them', async () => {
    const contents = {
      'a.session': 'a',
      'a.session-wal': 'newer',
      'a.session-shm': 'not data',
      'a.json': '{}',
      'eu/b.session': 'b',
      'lone.json': '{"auth_key": ""}',
      'README.md': 'no session',
      '.hidden.session': 'no session',
    };
    for (const [name, text] of Object.entries(contents)) writeFileSync(path('sessions', name), text);
    const { 'a.session-shm': _, 'README.md': __, '.hidden.session': ___, ...expected } = contents;
    expect(await copied()).toMatchObject({ files: expected });
    expect(sessionFilesIn(config()).sort()).toEqual(['a.json', 'a.session', 'eu/b.session', 'lone.json']);
  });

  it('include what a link leads to inside the directory; one that leads out is reported', async () => {
    writeFileSync(path('sessions', 'a.session'), 'a');
    writeFileSync(path('secret'), 'of another program');
    symlinkSync('../a.session', path('sessions', 'eu', 'link.session'));
    symlinkSync('../secret', path('sessions', 'out.session'));
    expect(await copied()).toEqual({
      files: { 'a.session': 'a', 'eu/link.session': 'a' },
      unreadable: ['out.session'],
    });
  });

  it('are not half of what a worker is writing', async () => {
    // Copying it takes longer than the next change.
    writeFileSync(path('sessions', 'busy.session'), Buffer.alloc(16 * 2 ** 20));
    writeFileSync(path('sessions', 'quiet.session'), 'quiet');
    const writing = setInterval(() => appendFileSync(path('sessions', 'busy.session'), 'x'), 1);
    const result = await copied();
    clearInterval(writing);
    expect(result.files['quiet.session']).toBe('quiet');
    expect(result.unreadable).toEqual(['busy.session']);
    writeFileSync(path('sessions', 'busy.session'), 'done');
    expect((await copied()).files['busy.session']).toBe('done');
  });

  it('have paths below the directory only', () => {
    for (const good of ['a.session', 'eu/b.json', 'a.session-wal', 'a.session-journal'])
      expect(isSessionPath(good)).toBe(true);
    for (const bad of [
      '../a.session',
      '/a.session',
      'eu/../../a.session',
      '.a.session',
      'a.txt',
      'a.json-wal',
    ])
      expect(isSessionPath(bad)).toBe(false);
  });

  it('are moved aside where no scan finds them, and back', async () => {
    writeFileSync(path('sessions', 'a.session'), 'a');
    writeFileSync(path('sessions', 'eu', 'b.session'), 'b');
    mkdirSync(path('sessions', '.replaced-1'));
    const aside = await hiddenDirectory(path('sessions'), 'replaced');
    expect(aside).toBe(path('sessions', '.replaced-2'));
    const moved = await moveAll(withSideFiles(sessionFilesIn(config())), path('sessions'), aside);
    expect(sessionFilesIn(config())).toEqual([]);
    expect(readFileSync(path('sessions', '.replaced-2', 'eu', 'b.session'), 'utf8')).toBe('b');
    await moveAll(moved, aside, path('sessions'));
    expect(sessionFilesIn(config()).sort()).toEqual(['a.session', 'eu/b.session']);
  });
});
