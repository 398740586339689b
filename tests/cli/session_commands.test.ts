import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { sharedService } from './shared_service.js';

const shared = sharedService({ poolSize: 2 });
const directory = mkdtempSync(join(tmpdir(), 'sessions-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Exports the session to a new file of this name, and takes it out of the pool. */
async function moveOut(id: number, name: string): Promise<string> {
  const path = join(directory, name);
  const { exit } = await shared.run('sessions', 'export', `${id}`, '--format', 'file', '--output', path);
  expect(exit).toBe(0);
  expect((await shared.run('sessions', 'delete', `${id}`, '--yes')).exit).toBe(0);
  return path;
}

const lines = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));

describe('telegate sessions', () => {
  it('exports a session as a string, or to a file that only its owner can read', async () => {
    const printed = await shared.run('sessions', 'export', '1');
    expect(printed.stdout).toMatch(/^1[\w=-]{350,}\n$/);
    const path = join(directory, 'string');
    await shared.run('sessions', 'export', '1', '--format', 'gramjs', '-o', path);
    expect(readFileSync(path, 'utf8')).toMatch(/^1\S{300,}\n$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = await shared.run('sessions', 'export', '1', '-o', path);
    expect(again).toMatchObject({ exit: 2, stderr: expect.stringContaining('already exists') });
    expect(await shared.run('sessions', 'export', '1', '--format', 'file')).toMatchObject({ exit: 2 });
  });

  it('asks Telegram whether sessions are valid', async () => {
    const { exit, stdout } = await shared.run('sessions', 'test', '1', '2');
    expect([exit, stdout]).toEqual([0, '1\tvalid\n2\tvalid\n']);
    const some = await shared.run('sessions', 'test', '99', '1');
    expect(some).toEqual({ exit: 9, stdout: '1\tvalid\n', stderr: '99: Session not found\n' });
  });

  it('deletes nothing where nobody agrees', async () => {
    const { exit, stderr } = await shared.run('sessions', 'delete', '1');
    expect([exit, stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect(await shared.json('sessions', 'list')).toHaveLength(2);
  });

  it('imports files, with an answer for each, and knows those that are there', async () => {
    const first = await moveOut(1, 'first.session');
    const second = await moveOut(2, 'second.session');
    writeFileSync(
      join(directory, 'second.json'),
      JSON.stringify({ app_id: 12345, app_hash: '0'.repeat(32) }),
    );
    const torn = join(directory, 'torn.session');
    writeFileSync(torn, 'not a session');
    const text = join(directory, 'notes.txt');
    const imported = await shared.run(
      'sessions',
      'import',
      first,
      torn,
      second,
      text,
      join(directory, 'none.session'),
    );
    expect(imported.exit).toBe(9);
    expect(imported.stderr).toBe('2 imported, 3 refused\n');
    const results = new Map(lines(imported.stdout).map(([result, file, told]) => [file, [result, told]]));
    expect(results.get(first)).toEqual(['imported', expect.stringMatching(/^session \d+$/)]);
    expect(results.get(second)?.[0]).toBe('imported');
    expect(results.get(torn)).toEqual(['refused', expect.stringContaining('session_file')]);
    expect(results.get(text)).toEqual(['refused', expect.stringContaining('.session')]);
    expect(await shared.json('sessions', 'list')).toMatchObject([{ name: 'first' }, { name: 'second' }]);

    // An interrupted import can be repeated.
    const again = await shared.run('sessions', 'import', first, second, '--json');
    expect(again.exit).toBe(0);
    expect(await shared.json('sessions', 'list')).toHaveLength(2);
    const copy = join(directory, 'copy.session');
    copyFileSync(second, copy);
    const known = await shared.run('sessions', 'import', copy);
    expect(known).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^known\t.*second/) });
  }, 60_000);

  it('imports nothing more where the key may not, or nothing answers', async () => {
    const files = ['a.session', 'b.session', 'c.session'].map((name) => join(directory, name));
    for (const file of files) writeFileSync(file, 'x');
    const refused = await shared.runAsWorker('sessions', 'import', ...files);
    expect(refused.exit).toBe(4);
    expect(lines(refused.stdout).map(([result]) => result)).toEqual(Array(3).fill('not tried'));
    expect(await shared.run('sessions', 'import', ...files, '--url', 'http://127.0.0.1:9')).toMatchObject({
      exit: 7,
    });
  });
});
