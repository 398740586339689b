import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { Program, withPrograms } from './program.js';

const directory = mkdtempSync(join(tmpdir(), 'full-'));
const disk = join(directory, 'disk');
const settings = { API_KEYS: 'admin-key-of-tests', DATABASE_URL: '', DATA_DIR: join(disk, 'data') };

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function mount(size: string): boolean {
  return run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'none', disk);
}

/** Whether this user may mount a small disk of its own. */
function maySkip(): boolean {
  mkdirSync(disk);
  const may = mount('64k') && run('umount', disk);
  if (!may) process.stderr.write('skipped: tests of a full disk need root and mount (run them as root)\n');
  return !may;
}

/** Starts the program on the disk; returns its message if it refuses to start, null if it serves. */
async function start(): Promise<string | null> {
  const program = new Program(directory, settings);
  await program.ready();
  if (program.exit === undefined) program.kill('SIGTERM');
  const exit = await program.ended();
  return exit === 0 ? null : program.stderr;
}

function fill(size: number): void {
  const file = join(disk, 'filler');
  for (let bytes = size; bytes >= 512; ) {
    const wrote = run('sh', '-c', `head -c ${bytes} /dev/zero >> ${file}`);
    if (!wrote) bytes /= 2;
  }
}

const where = maySkip() ? describe.skip : describe;

where('a start on a full disk', () => {
  afterEach(() => {
    run('umount', disk);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each(['4k', '64k', '128k'])(
    'of %s reports it in one line, with the path and what to do, and succeeds once there is space',
    async (size) => {
      mount(size);
      const said = await start();
      expect(said).toMatch(
        /^TeleGate could not start\.\n\S*\/disk\/data\S* can't be written: no space is left on its disk\. [^\n]*\n$/,
      );
      run('mount', '-o', 'remount,size=16m', disk);
      expect(await start()).toBeNull();
    },
  );

  it('also reports it if a database already exists, which stays unchanged', async () => {
    mount('2m');
    expect(await start()).toBeNull();
    fill(2 ** 21);
    expect(await start()).toMatch(/no space is left on its disk/);
    rmSync(join(disk, 'filler'));
    expect(await start()).toBeNull();
  });
});

describe('a data directory that other users can read', () => {
  it(
    'is readable by its owner only after a start, like the service’s files in it; the log says so',
    withPrograms(async (start, root) => {
      const data = join(root, 'data');
      const own = { API_KEYS: 'admin-key-of-tests', DATABASE_URL: '' };
      const first = start(own);
      await first.ready();
      first.kill('SIGTERM');
      await first.ended();
      expect(first.stderr).not.toContain('others');
      chmodSync(data, 0o755);
      writeFileSync(join(data, 'notes.txt'), 'not of the service');
      for (const name of ['telegate.db', 'encryption.key', 'notes.txt']) chmodSync(join(data, name), 0o644);
      const second = start(own);
      await second.ready();
      const mode = (path: string) => statSync(path).mode & 0o777;
      expect(mode(data)).toBe(0o700);
      expect(mode(join(data, 'telegate.db'))).toBe(0o600);
      expect(mode(join(data, 'encryption.key'))).toBe(0o600);
      expect(mode(join(data, 'notes.txt'))).toBe(0o644);
      const told = second.stderr
        .split('\n')
        .filter((line) => line.includes('other users had access to this'));
      expect(told).toEqual([
        expect.stringMatching(/\/data".*0755|0755.*\/data"/),
        expect.stringContaining('encryption.key'),
        expect.stringContaining('telegate.db'),
      ]);
    }),
  );

  it(
    'and that all users share is left unchanged, with a warning',
    withPrograms(async (start, root) => {
      const data = join(root, 'data');
      mkdirSync(data);
      chmodSync(data, 0o1777);
      const program = start({ API_KEYS: 'admin-key-of-tests', DATABASE_URL: '' });
      await program.ready();
      expect(statSync(data).mode & 0o7777).toBe(0o1777);
      expect(program.stderr).toContain('set DATA_DIR to another');
    }),
  );
});
