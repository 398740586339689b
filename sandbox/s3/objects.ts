import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Store, Stored, StoredObject } from 's3rver';

/**
 * Makes a store keep what S3 guarantees and s3rver does not: an object exists completely or not at all, even if its
 * upload is interrupted, and once confirmed, all of it can be read.
 */
export function storeWhole(store: Store): void {
  store.putObject = async ({ bucket, key, content, metadata }: StoredObject) => {
    const path = store.getResourcePath(bucket, key, 'object');
    await mkdir(dirname(path), { recursive: true });
    const stored = await write(path, content);
    await store.putMetadata(bucket, key, metadata, stored.md5);
    return stored;
  };
  // A part of an upload that was aborted meanwhile finds no directory, and is rejected.
  store.putPart = (bucket, uploadId, part, content) =>
    write(`${store.getResourcePath(bucket, undefined, 'uploads')}/${uploadId}/${part}`, content);
}

async function write(path: string, content: Buffer | Readable): Promise<Stored> {
  const hash = createHash('md5');
  let size = 0;
  const counting = new Transform({
    transform(piece: Buffer, _encoding, done) {
      hash.update(piece);
      size += piece.length;
      done(null, piece);
    },
  });
  const temporary = `${dirname(path)}/${randomUUID()}`;
  const source = Buffer.isBuffer(content) ? Readable.from([content]) : content;
  await pipeline(source, counting, createWriteStream(temporary));
  await rename(temporary, path);
  return { size, md5: hash.digest('hex') };
}

/** All files below a directory, by paths relative to it. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}
