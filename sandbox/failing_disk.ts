import { constants, type MakeDirectoryOptions, type RmOptions } from 'node:fs';
import fsPromises, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';

/** To be loaded before anything else: every tenth write below NAS_ROOT fails, as on a disk over a faltering network. */

// biome-ignore lint/style/noProcessEnv: it has no other way to be told
const ROOT = `${process.env.NAS_ROOT}`;
const EVERY = 10;

/** What the disk was asked to do below NAS_ROOT, or in it. */
export interface DiskCall {
  /** `open`: for writing. */
  readonly call: 'open' | 'write' | 'truncate' | 'sync' | 'rename' | 'mkdir' | 'rm';
  /** Absolute; what is renamed has it afterwards. */
  readonly path: string;
  /** What is renamed had it before. */
  readonly from?: string;
  /** The bytes that were written end here; so does the file, once it is cut. */
  readonly end?: number;
  /** It failed with EIO, and nothing was done. */
  readonly refused: boolean;
}

/** What whoever imports this in the same process may ask of the disk, besides. */
export const disk = {
  /** Told of each call when it is over. */
  onCall: (_call: DiskCall): void => undefined,
  /** Whether a file or directory is not to be flushed now. */
  refusesSync: (_path: string): boolean => false,
};

let writes = 0;
let refused = 0;

function write(call: 'open' | 'write' | 'rename', path: string): void {
  writes += 1;
  if (writes % EVERY === 0) refuse(call, path);
}

function refuse(call: DiskCall['call'], path: string): never {
  refused += 1;
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

/** The file or directory, whose writes fail now and then, and which is flushed only where that is not refused. */
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

if (isMainThread) {
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
  process.on('exit', () => process.stderr.write(`${JSON.stringify({ writes, refused })}\n`));
}
