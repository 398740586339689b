import { constants, type MakeDirectoryOptions, type RmOptions } from 'node:fs';
import fsPromises, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

/** Must be loaded first: every tenth write below NAS_ROOT fails, as on a network disk with an unreliable connection. */

// biome-ignore lint/style/noProcessEnv: there is no other way to configure it
const ROOT = `${process.env.NAS_ROOT}`;
const EVERY = 10;

/** A disk operation in or below NAS_ROOT. */
export interface DiskCall {
  /** `open`: for writing. */
  readonly call: 'open' | 'write' | 'truncate' | 'sync' | 'rename' | 'mkdir' | 'rm';
  /** Absolute; of a rename, the new path. */
  readonly path: string;
  /** Of a rename, the old path. */
  readonly from?: string;
  /** Where the written bytes end, or the truncated file. */
  readonly end?: number;
  /** Whether it failed with EIO, without effect. */
  readonly refused: boolean;
}

/** Controls for code that imports this in the same thread. */
export const disk = {
  /** Called after each operation. */
  onCall: (_call: DiskCall): void => undefined,
  /** Whether flushing a file or directory fails now. */
  refusesSync: (_path: string): boolean => false,
};

/** [writes, refused], of all threads together. */
const counts = new Int32Array(sharedCounts());

function sharedCounts(): SharedArrayBuffer {
  const name = 'failing disk';
  const ofMainThread = getEnvironmentData(name) as SharedArrayBuffer | undefined;
  const shared = ofMainThread ?? new SharedArrayBuffer(8);
  setEnvironmentData(name, shared);
  return shared;
}

function write(call: 'open' | 'write' | 'rename', path: string): void {
  const before = Atomics.add(counts, 0, 1);
  if ((before + 1) % EVERY === 0) refuse(call, path);
}

function refuse(call: DiskCall['call'], path: string): never {
  Atomics.add(counts, 1, 1);
  disk.onCall({ call, path, refused: true });
  const message = `EIO: i/o error, ${call} '${path}'`;
  throw Object.assign(new Error(message), { code: 'EIO', errno: -5, syscall: call, path });
}

function done(call: DiskCall['call'], path: string, more: Pick<DiskCall, 'from' | 'end'> = {}): void {
  disk.onCall({ call, path, ...more, refused: false });
}

function isBelow(path: unknown): path is string {
  return typeof path === 'string' && resolve(path).startsWith(`${ROOT}/`);
}

function isIn(path: unknown): path is string {
  return isBelow(path) || path === ROOT;
}

function isForWriting(flags: string | number | undefined): boolean {
  if (typeof flags === 'number') return (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
  return flags !== undefined && flags !== 'r';
}

/** A file or directory whose writes sometimes fail, and whose flushes can fail. */
function faltering(file: FileHandle, path: string): FileHandle {
  const original = {
    write: file.write.bind(file),
    truncate: file.truncate.bind(file),
    sync: file.sync.bind(file),
  };
  return Object.assign(file, {
    async write(piece: Uint8Array, offset: number, length: number, at: number) {
      write('write', path);
      const written = await original.write(piece, offset, length, at);
      done('write', path, { end: at + written.bytesWritten });
      return written;
    },
    async truncate(bytes: number) {
      await original.truncate(bytes);
      done('truncate', path, { end: bytes });
    },
    async sync() {
      if (disk.refusesSync(path)) refuse('sync', path);
      await original.sync();
      done('sync', path);
    },
  });
}

const { open, rename, mkdir, rm } = fsPromises;
Object.assign(fsPromises, {
  async open(path: string, flags?: string | number, mode?: number) {
    if (!isIn(path)) return open(path, flags, mode);
    if (!isForWriting(flags)) return faltering(await open(path, flags, mode), path);
    write('open', path);
    const file = faltering(await open(path, flags, mode), path);
    done('open', path);
    return file;
  },
  async rename(from: string, to: string) {
    if (isBelow(to)) write('rename', to);
    await rename(from, to);
    if (isBelow(to)) done('rename', to, { from });
  },
  async mkdir(path: string, options?: MakeDirectoryOptions) {
    const made = await mkdir(path, options);
    if (isBelow(path)) done('mkdir', path);
    return made;
  },
  async rm(path: string, options?: RmOptions) {
    await rm(path, options);
    if (isBelow(path)) done('rm', path);
  },
});
syncBuiltinESMExports();
if (isMainThread) {
  process.on('exit', () => {
    const [writes, refused] = counts;
    process.stderr.write(`${JSON.stringify({ writes, refused })}\n`);
  });
}
