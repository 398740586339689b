import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { Conflict, NotFound, RangeNotSatisfiable } from '../kernel/errors.js';
import { hasCode } from '../kernel/private_files.js';
import type { ListedFile } from './list_store.js';

/** A stored file that was opened for reading. */
interface Opened {
  readonly sizeBytes: number;
  /** The bytes from `first` to `last`, both included. */
  read(first: number, last: number): Promise<Readable>;
  /** To be called if it is not read. */
  close(): Promise<void>;
}

/** Opens a file of a source at its target; null: it is gone. */
export type OpenFile = (file: ListedFile, path: string, signal: AbortSignal) => Promise<Opened | null>;

/** Types that browsers and programs agree on; what a sender made up is none. */
const MIME_TYPE = /^[\w.+-]{1,100}\/[\w.+-]{1,100}$/;

/**
 * Sends the content of a stored file as a download, or the part of it that was asked for.
 * @throws Conflict `file_not_stored`; NotFound; RangeNotSatisfiable; SinkFailed.
 */
export async function sendFile(
  file: ListedFile,
  openFile: OpenFile,
  req: Request,
  res: Response,
): Promise<undefined> {
  const { path, reason } = file;
  if (path === null) {
    const message = `The file was not stored: ${reason ?? 'it was skipped'}`;
    throw new Conflict({ error: 'file_not_stored', message, file_id: file.id });
  }
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  const opened = await openFile(file, path, gone.signal);
  if (opened === null) throw new NotFound('File');
  const range = rangeOf(req, file, opened.sizeBytes);
  if (range === 'unsatisfiable') {
    await opened.close();
    throw new RangeNotSatisfiable(opened.sizeBytes);
  }
  writeHead(res, file, opened.sizeBytes, range);
  const { first, last } = range ?? { first: 0, last: opened.sizeBytes - 1 };
  if (req.method === 'HEAD' || last < first) {
    await opened.close();
    res.end();
    return;
  }
  await pipeline(await opened.read(first, last), res).catch((error: unknown) => {
    // The client has hung up.
    if (!hasCode(error, 'ERR_STREAM_PREMATURE_CLOSE') && !gone.signal.aborted) throw error;
  });
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** The one range that was asked for; null: the whole file. Several ranges are answered with the whole. */
function rangeOf(req: Request, file: ListedFile, sizeBytes: number): Range | 'unsatisfiable' | null {
  const ifRange = req.headers['if-range'];
  if (req.headers.range === undefined || (ifRange !== undefined && ifRange !== etagOf(file))) return null;
  const ranges = req.range(sizeBytes, { combine: true });
  if (ranges === -1) return 'unsatisfiable';
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return null;
  const [range] = ranges;
  return range ? { first: range.start, last: range.end } : null;
}

function etagOf({ sha256 }: ListedFile): string | null {
  return sha256 === null ? null : `"${sha256}"`;
}

/** Whatever the file is, a browser stores it and never runs it. */
function writeHead(res: Response, file: ListedFile, sizeBytes: number, range: Range | null): void {
  res.attachment(file.name || `file-${file.id}`);
  res.setHeader('Content-Type', MIME_TYPE.test(file.mimeType) ? file.mimeType : 'application/octet-stream');
  res.setHeader('Content-Security-Policy', "sandbox; default-src 'none'");
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Accept-Ranges', 'bytes');
  const etag = etagOf(file);
  if (etag !== null) res.setHeader('ETag', etag);
  res.setHeader('Content-Length', range ? range.last - range.first + 1 : sizeBytes);
  if (range) res.setHeader('Content-Range', `bytes ${range.first}-${range.last}/${sizeBytes}`);
  res.status(range ? 206 : 200);
}
