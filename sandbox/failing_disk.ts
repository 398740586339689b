import { constants } from 'node:fs';
import fsPromises, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';

/** To be loaded before anything else: every tenth write below NAS_ROOT fails, as on a disk over a faltering network. */

// biome-ignore lint/style/noProcessEnv: it has no other way to be told
const ROOT = `${process.env.NAS_ROOT}/`;
const EVERY = 10;

let writes = 0;
let refused = 0;

function write(call: string, path: string): void {
  writes += 1;
  if (writes % EVERY !== 0) return;
  refused += 1;
  throw Object.assign(new Error(`EIO: i/o error, ${call} '${path}'`), {
    code: 'EIO',
    errno: -5,
    syscall: call,
    path,
  });
}

function isBelow(path: unknown): path is string {
  return typeof path === 'string' && resolve(path).startsWith(ROOT);
}

function isForWriting(flags: string | number | undefined): boolean {
  if (typeof flags === 'number') return (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
  return flags !== undefined && flags !== 'r';
}

/** The file, whose writes fail now and then. */
function faltering(file: FileHandle, path: string): FileHandle {
  const original = file.write.bind(file);
  const failing = async (...args: Parameters<typeof original>) => {
    write('write', path);
    return original(...args);
  };
  return Object.assign(file, { write: failing });
}

if (isMainThread) {
  const { open, rename } = fsPromises;
  Object.assign(fsPromises, {
    async open(path: string, flags?: string | number, mode?: number) {
      if (!isBelow(path) || !isForWriting(flags)) return open(path, flags, mode);
      write('open', path);
      return faltering(await open(path, flags, mode), path);
    },
    async rename(from: string, to: string) {
      if (isBelow(to)) write('rename', to);
      await rename(from, to);
    },
  });
  syncBuiltinESMExports();
  process.on('exit', () => process.stderr.write(`${JSON.stringify({ writes, refused })}\n`));
}
