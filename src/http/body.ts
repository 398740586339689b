import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import multer from 'multer';
import { BodyTooSlow, InvalidInput, TeleGateError, TooLarge, UnsupportedMedia } from '../kernel/errors.js';
import type { Timers } from '../kernel/timers.js';
import { DuplicateKey, parseExactJson } from './exact_json.js';
import type { FileSpec, UploadedFile } from './route.js';

/** The maximum size of a body, in bytes; no route needs more. */
const LIMIT_BYTES = 64 * 1024;

/** JSON is read as text first: parsed as numbers, 64-bit ids would lose their last digits. */
const jsonText = express.text({ type: 'application/json', limit: LIMIT_BYTES });
const urlencoded = express.urlencoded({ limit: LIMIT_BYTES, extended: false });

/**
 * Reads a JSON or form body into `req.body`, and the file of a multipart form if the route accepts one; null: none
 * was sent. A request without a body costs nothing.
 *
 * @throws TooLarge, UnsupportedMedia, InvalidInput: a bad body is the sender's mistake.
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
    return await readForm(req, run, file);
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

/**
 * Reads the fields of a multipart form into `req.body` and returns its file, or null. Any other body is left
 * unchanged, but must not contain the file's field. `run` runs middleware on the request.
 *
 * @throws InvalidInput; Unavailable while too many files are being received; multer's errors.
 */
async function readForm(
  req: Request,
  run: (handler: RequestHandler) => Promise<void>,
  file: FileSpec | undefined,
): Promise<UploadedFile | null> {
  const limits = { fields: 50, fieldSize: LIMIT_BYTES };
  if (file === undefined) {
    await run(multer({ limits: { ...limits, files: 0 } }).none());
    return null;
  }
  if (!req.is('multipart')) {
    refuseText(req.body, file);
    return null;
  }
  const { storage, use, leave } = await file.uploads.take();
  try {
    const form = { ...limits, files: 1, fileSize: file.maxBytes };
    await run(multer({ storage, defParamCharset: 'utf8', limits: form }).single(file.field));
    refuseText(req.body, file);
    if (req.file) return { field: file.field, name: req.file.originalname, use, leave };
  } catch (error) {
    await leave();
    throw error;
  }
  await leave();
  return null;
}

/** `curl -F file=name` without its `@` sends the name. */
function refuseText(body: unknown, { field }: FileSpec): void {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, field)) return;
  const msg = 'expected a file in a multipart form, not text';
  throw new InvalidInput([{ loc: ['body', field], msg, type: 'value_error' }]);
}

/** How often the progress of a body is checked, in seconds. */
const CHECK_INTERVAL_SECONDS = 30;

/** What must arrive in that time, in bytes, unless the body is complete. */
const MIN_BYTES = 16 * 1024;

/**
 * Reads a body. If it arrives too slowly, the request is refused and its connection closed.
 * @throws BodyTooSlow, and what `read` throws.
 */
async function readInTime(
  req: Request,
  res: Response,
  timers: Timers,
  read: () => Promise<UploadedFile | null>,
): Promise<UploadedFile | null> {
  let cancel: () => void = () => undefined;
  const tooSlow = new Promise<never>((_, reject) => {
    const wait = (seen: number) => {
      cancel = timers.after(CHECK_INTERVAL_SECONDS * 1000, () => {
        const { bytesRead } = req.socket;
        // While the service itself does not read on, nothing can arrive.
        const comes = bytesRead - seen >= MIN_BYTES || req.readableLength >= req.readableHighWaterMark;
        if (req.complete || comes) wait(bytesRead);
        else reject(new BodyTooSlow(MIN_BYTES, CHECK_INTERVAL_SECONDS));
      });
    };
    wait(req.socket.bytesRead);
  });
  const reading = read();
  try {
    return await Promise.race([reading, tooSlow]);
  } catch (error) {
    if (error instanceof BodyTooSlow) {
      reading.then(
        (file) => file?.leave(),
        () => undefined,
      );
      res.setHeader('Connection', 'close');
      res.once('finish', () => req.destroy());
    }
    throw error;
  } finally {
    cancel();
  }
}

const TOO_LARGE = 'The body, or a part of it, is larger than 64 KiB';

/** The errors of the body parsers, by their type or code. */
const OBJECTIONS: Readonly<Record<string, () => TeleGateError>> = {
  'entity.too.large': () => new TooLarge(TOO_LARGE),
  LIMIT_FIELD_VALUE: () => new TooLarge(TOO_LARGE),
  LIMIT_FIELD_KEY: () => new TooLarge(TOO_LARGE),
  LIMIT_FIELD_COUNT: () => invalid('the form has too many fields'),
  'parameters.too.many': () => invalid('the form has too many fields'),
  'encoding.unsupported': () => new UnsupportedMedia('Content-Encoding not supported'),
  'charset.unsupported': () => new UnsupportedMedia('Charset not supported'),
};

/** Errors about an uploaded file. */
const FILE_OBJECTIONS: Readonly<Record<string, (file: FileSpec) => TeleGateError>> = {
  LIMIT_FILE_SIZE: ({ field, maxBytes }) =>
    new TooLarge(`The file in "${field}" is larger than ${inWords(maxBytes)}`, field),
  LIMIT_UNEXPECTED_FILE: ({ field }) => otherFile(field),
  LIMIT_FILE_COUNT: ({ field }) => otherFile(field),
};

/** Turns a body parser's error into one that tells the sender. `file`: the file that the route accepts, if any. */
function refusalOf(error: unknown, file?: FileSpec): TeleGateError {
  if (error instanceof TeleGateError) return error;
  if (error instanceof DuplicateKey) return invalid(error.message);
  // Objects nested so deeply that the parser runs out of stack cause a RangeError.
  if (error instanceof SyntaxError || error instanceof RangeError) {
    return invalid('the body is not valid JSON', 'json_invalid');
  }
  const known: object = typeof error === 'object' && error !== null ? error : {};
  const type = 'type' in known ? String(known.type) : 'code' in known ? String(known.code) : '';
  const fileObjection = FILE_OBJECTIONS[type];
  if (fileObjection) return file ? fileObjection(file) : invalid('no file is expected here');
  return OBJECTIONS[type]?.() ?? invalid('the body cannot be read');
}

function otherFile(field: string): InvalidInput {
  const msg = `expected one file, in the field "${field}", and no other file`;
  return new InvalidInput([{ loc: ['body', field], msg, type: 'value_error' }]);
}

function invalid(msg: string, type = 'value_error'): InvalidInput {
  return new InvalidInput([{ loc: ['body'], msg, type }]);
}

function inWords(bytes: number): string {
  for (const [unit, size] of [
    ['MiB', 1024 * 1024],
    ['KiB', 1024],
  ] as const) {
    if (bytes % size === 0) return `${bytes / size} ${unit}`;
  }
  return `${bytes} bytes`;
}
