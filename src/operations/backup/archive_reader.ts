import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { z } from 'zod';
import { OperationRefused } from '../refused.js';
import {
  FORMAT,
  HEADER,
  headerSchema,
  MANIFEST,
  type Manifest,
  manifestSchema,
  type Part,
} from './manifest.js';

/** The largest part that is read into memory, in bytes: the manifest of half a million session files. */
const MAX_IN_MEMORY = 128 * 2 ** 20;

/** The least that a part takes in a manifest besides its name, in bytes: its checksum. */
const MIN_ENTRY = 64;

/** A part as it is read: its content must be consumed before the next one. */
interface ReadPart {
  readonly name: string;
  readonly content: AsyncIterable<Buffer>;
}

/**
 * Reads all of an archive and compares every part with its checksum; changes nothing. A small file may unpack to any
 * size: what is larger than `maxBytes` is read no further.
 * @throws OperationRefused if it is no backup, of a newer format, incomplete, damaged or too large; the signal's reason.
 */
export async function verifyArchive(
  path: string,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<Manifest> {
  const found: Part[] = [];
  let named = 0;
  let manifest: Manifest | null = null;
  for await (const { name, content } of partsOf(path, signal, maxBytes)) {
    named += name.length + MIN_ENTRY;
    if (named > MAX_IN_MEMORY) throw damaged(path, 'it has more parts than a manifest can name');
    if (manifest !== null) throw damaged(path, `${name} comes after its end`);
    if (name === HEADER) checkHeader(path, await bytesOf(path, content));
    else if (name === MANIFEST) manifest = parsed(path, manifestSchema, await bytesOf(path, content));
    else found.push({ name, ...(await digestOf(content)) });
  }
  if (manifest === null) throw damaged(path, 'its end is missing');
  compare(path, found, manifest.parts);
  return manifest;
}

/**
 * Writes parts to files that do not exist yet, which only their owner may read.
 * @throws OperationRefused if a part has changed since it was verified; the file system's error; the signal's reason.
 */
export async function extractParts(
  path: string,
  { parts }: Manifest,
  { placeOf, signal }: { placeOf(name: string): string | null; readonly signal: AbortSignal },
): Promise<void> {
  const known = new Map(parts.map((part) => [part.name, part]));
  for await (const { name, content } of partsOf(path, signal)) {
    const part = known.get(name);
    const place = part ? placeOf(name) : null;
    const digest = place === null ? await digestOf(content) : await writeTo(place, content);
    if (part && digest.sha256 !== part.sha256)
      throw damaged(path, `${name} was changed since it was checked`);
  }
}

/** The content of one part. @throws as `extractParts`. */
export async function readPart(path: string, wanted: Part, signal: AbortSignal): Promise<Buffer> {
  for await (const { name, content } of partsOf(path, signal)) {
    if (name === wanted.name) return bytesOf(path, content);
    await digestOf(content);
  }
  throw damaged(path, `${wanted.name} is missing`);
}

/** Passes on what comes, up to so many bytes. */
function limitedTo(maxBytes: number, refusal: () => Error) {
  return async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw refusal();
      yield chunk;
    }
  };
}

/** The parts of an archive; the first one is its header. */
async function* partsOf(
  path: string,
  signal: AbortSignal,
  maxBytes = Number.POSITIVE_INFINITY,
): AsyncGenerator<ReadPart> {
  const tar = extract();
  const limited = limitedTo(maxBytes, () => tooLarge(path, maxBytes));
  const feeding = pipeline(createReadStream(path), createGunzip(), limited, tar, { signal });
  feeding.catch(() => undefined);
  let first = true;
  /** What went wrong: the first stream that failed says it best. */
  const faultOf = async (error: unknown) => {
    const cause = await feeding.then(
      () => error,
      (reason: unknown) => reason,
    );
    signal.throwIfAborted();
    return refusalOf(path, cause, first);
  };
  async function* contentOf(entry: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of entry) yield chunk as Buffer;
    } catch (error) {
      throw await faultOf(error);
    }
  }
  try {
    for await (const entry of tar) {
      const { name, type } = entry.header;
      if (first && name !== HEADER) throw foreign(path);
      if (type !== 'file') throw damaged(path, `${name} is no file`);
      first = false;
      yield { name, content: contentOf(entry) };
    }
    await feeding;
  } catch (error) {
    throw error instanceof OperationRefused ? error : await faultOf(error);
  } finally {
    tar.destroy();
  }
}

function refusalOf(path: string, error: unknown, first: boolean): OperationRefused {
  if (error instanceof OperationRefused) return error;
  const { code = '', message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) };
  if (/^E[A-Z]+$/.test(code)) return new OperationRefused(`${path} can't be read: ${code}.`);
  return first ? foreign(path) : damaged(path, message);
}

function checkHeader(path: string, bytes: Buffer): void {
  const header = parsed(path, headerSchema, bytes);
  if (header.telegate_backup <= FORMAT) return;
  throw new OperationRefused(
    `${path} was made by a newer version of TeleGate (${header.version}): restore it with that one. Nothing was changed.`,
  );
}

function parsed<T>(path: string, schema: z.ZodType<T>, bytes: Buffer): T {
  try {
    return schema.parse(JSON.parse(bytes.toString()));
  } catch {
    throw damaged(path, 'its manifest is not readable');
  }
}

function compare(path: string, found: readonly Part[], expected: readonly Part[]): void {
  if (new Set(found.map(({ name }) => name)).size < found.length) throw damaged(path, 'it has a part twice');
  if (found.length !== expected.length) {
    throw damaged(path, `it has ${found.length} parts instead of ${expected.length}`);
  }
  for (const [at, { name, size, sha256 }] of expected.entries()) {
    const part = found[at];
    if (part?.name !== name) throw damaged(path, `${name} is missing`);
    if (part.size !== size || part.sha256 !== sha256) throw damaged(path, `${name} has another checksum`);
  }
}

async function bytesOf(path: string, content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > MAX_IN_MEMORY) throw damaged(path, 'its manifest is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function digestOf(content: AsyncIterable<Buffer>): Promise<Pick<Part, 'size' | 'sha256'>> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    hash.update(chunk);
  }
  return { size, sha256: hash.digest('hex') };
}

async function writeTo(place: string, content: AsyncIterable<Buffer>): Promise<Pick<Part, 'sha256'>> {
  const hash = createHash('sha256');
  await mkdir(dirname(place), { recursive: true, mode: 0o700 });
  const file = await open(place, 'wx', 0o600);
  try {
    for await (const chunk of content) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { sha256: hash.digest('hex') };
}

function tooLarge(path: string, maxBytes: number): OperationRefused {
  return new OperationRefused(
    `${path} unpacks to more than the ${Math.floor(maxBytes / 2 ** 20)} MiB that are free in DATA_DIR and SESSIONS_DIR: ` +
      'free some space there. Nothing was changed.',
  );
}

function foreign(path: string): OperationRefused {
  return new OperationRefused(`${path} is not a backup of TeleGate. Nothing was changed.`);
}

function damaged(path: string, why: string): OperationRefused {
  return new OperationRefused(
    `${path} is incomplete or damaged (${why}): use another backup. Nothing was changed.`,
  );
}
