import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import type { Timers } from '../timers.js';
import { refusalOf } from './body_refusals.js';
import { parseExactJson } from './exact_json.js';
import { readForm } from './form.js';
import type { FileSpec, UploadedFile } from './route.js';
import { readInTime } from './slow_bodies.js';

/** No parameter of any route needs more, in bytes. */
const LIMIT_BYTES = 64 * 1024;

/** JSON is read as text: parsed as numbers, ids of 64 bits would lose their last digits. */
const jsonText = express.text({ type: 'application/json', limit: LIMIT_BYTES });
const urlencoded = express.urlencoded({ limit: LIMIT_BYTES, extended: false });

/**
 * Reads a body of JSON or a form into `req.body`, and the file that came in a multipart form, if the route
 * takes one; null: none came. A request without a body costs nothing.
 *
 * @throws TooLarge, UnsupportedMedia, InvalidInput: whatever is wrong with a body is the sender's mistake.
 * @throws Unavailable while too many files are being received; BodyTooSlow.
 */
export async function readBody(
  req: Request,
  res: Response,
  { file, timers }: { readonly file: FileSpec | undefined; readonly timers: Timers },
): Promise<UploadedFile | null> {
  const length = req.headers['content-length'];
  if (req.headers['transfer-encoding'] === undefined && (length === undefined || length === '0')) return null;
  return readInTime(req, res, timers, () => read(req, res, file));
}

async function read(req: Request, res: Response, file: FileSpec | undefined): Promise<UploadedFile | null> {
  const run = (handler: RequestHandler) => runHandler(handler, req, res);
  try {
    await run(jsonText);
    if (typeof req.body === 'string') req.body = req.body === '' ? {} : parseExactJson(req.body);
    await run(urlencoded);
    return await readForm(req, run, { fieldBytes: LIMIT_BYTES, file });
  } catch (error) {
    throw refusalOf(error, file);
  }
}

function runHandler(handler: RequestHandler, req: Request, res: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    const next: NextFunction = (error?: unknown) => (error ? reject(error) : resolve());
    handler(req, res, next);
  });
}
