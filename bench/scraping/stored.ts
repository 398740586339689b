import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from '../../sandbox/s3/objects.js';
import { connectS3, type S3Config } from '../../src/scraping/sinks/s3_bucket.js';

/** Everything that a source has stored, in any target. Paths are relative to the target's root. */
export interface Stored {
  paths(): Promise<string[]>;
  read(path: string): AsyncIterable<Uint8Array>;
}

/** The files stored below a directory. */
export function storedBelow(root: string): Stored {
  return {
    paths: () => filesBelow(root),
    read: (path) => createReadStream(join(root, path)),
  };
}

/** What one source has stored in a directory of its target. */
export function storedOf(stored: Stored, directory: string): Stored {
  return {
    paths: async () => (await stored.paths()).filter((path) => path.startsWith(`${directory}/`)),
    read: (path) => stored.read(path),
  };
}

/** The objects stored in a bucket. */
export function storedInBucket(config: S3Config): Stored {
  const never = new AbortController().signal;
  return {
    async paths() {
      const bucket = await connectS3(config);
      const found: string[] = [];
      for await (const key of bucket.keys('', '', never)) found.push(key);
      bucket.close();
      return found;
    },
    async *read(path) {
      const bucket = await connectS3(config);
      const facts = await bucket.info(path, never);
      if (facts !== null && facts.bytes > 0) yield* await bucket.read(path, facts.bytes, never);
      bucket.close();
    },
  };
}

/** The text at a path. */
export async function textOf(stored: Stored, path: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stored.read(path)) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

/** The SHA-256 of the file at a path, in lower-case hex. */
export async function checksumOf(stored: Stored, path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of stored.read(path)) hash.update(piece);
  return hash.digest('hex');
}
