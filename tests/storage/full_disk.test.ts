import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { by, found, put, T0, wish } from '../contracts/stores.js';
import { type OpenFile, openAt } from './databases.js';

const directory = mkdtempSync(join(tmpdir(), 'disk-'));
const disk = join(directory, 'disk');

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Whether this user may mount a small disk of its own, and unmount it again. */
function maySkip(): boolean {
  mkdirSync(disk);
  const may = run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', disk) && run('umount', disk);
  if (!may) process.stderr.write('skipped: tests of a full disk need root and mount (run them as root)\n');
  return !may;
}

const where = maySkip() ? describe.skip : describe;

/** Writes until the disk is full. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  for (const size of [65_536, 4096, 512, 1]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch {
      // Full for this size; the next one is smaller.
    }
  }
  closeSync(file);
}

where('a disk that cannot be written', () => {
  let database: OpenFile;

  beforeAll(async () => {
    run('mount', '-t', 'tmpfs', '-o', 'size=4m', 'none', disk);
    database = await openAt(join(disk, 'telegate.db'));
    const files = Array.from({ length: 300 }, (_, index) => put(found(`s${index}`)));
    await database.intake.apply(files, T0);
  });

  afterAll(async () => {
    await database.close();
    run('umount', disk);
  });

  it('because it is full: nothing is granted or changed, and everything continues once there is space', async () => {
    const held = await database.pool.acquire(wish({ leaseId: 'held' }), T0);
    expect(held.kind).toBe('granted');
    const before = await database.pool.counts(T0);
    fill(join(disk, 'filler'));

    let failure: unknown = null;
    let granted = 0;
    for (let turn = 0; failure === null && turn < 2000; turn += 1) {
      // Some room is left inside the existing files.
      const outcome = await database.pool.acquire(wish(), T0).catch((error: unknown) => {
        failure = error;
        return null;
      });
      if (outcome?.kind === 'granted') granted += 1;
    }
    expect(failure).toMatchObject({ name: 'Unavailable', detail: { error: 'storage_unavailable' } });
    await expect(database.pool.release(1, by({ leaseId: 'held' }), null, T0)).rejects.toMatchObject({
      name: 'Unavailable',
    });

    rmSync(join(disk, 'filler'));
    const after = await database.pool.counts(T0);
    expect(after.states.leased).toBe(before.states.leased + granted);
    expect(await database.pool.release(1, by({ leaseId: 'held' }), null, T0)).toMatchObject({
      kind: 'done',
      changed: true,
    });
    expect(await database.pool.acquire(wish(), T0)).toMatchObject({ kind: 'granted' });
  });
});

describe('files that became read-only under the service', () => {
  const path = join(directory, 'telegate.db');
  const freeze = (flag: '+i' | '-i') =>
    ['', '-wal'].every((suffix) => run('chattr', flag, `${path}${suffix}`));

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('make requests fail without a grant, and everything continues once they can be written', async () => {
    const database = await openAt(path);
    await database.intake.apply([put(found('a'))], T0);
    try {
      if (!freeze('+i')) {
        process.stderr.write('skipped: a read-only file needs root and chattr +i (ext4, as root)\n');
        return;
      }
      await expect(database.pool.acquire(wish(), T0)).rejects.toMatchObject({ name: 'Unavailable' });
    } finally {
      freeze('-i');
    }
    expect((await database.pool.counts(T0)).states).toMatchObject({ free: 1, leased: 0 });
    expect(await database.pool.acquire(wish(), T0)).toMatchObject({ kind: 'granted' });
    await database.close();
  });
});
