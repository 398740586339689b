import type { Request, RequestHandler } from 'express';
import multer from 'multer';
import { InvalidInput, Unavailable } from '../errors.js';
import type { FileSpec, UploadedFile } from './route.js';

/** Files received at one time in this process: each is held in memory, up to its route's limit. */
const MOST_UPLOADS = 4;

/** What a multipart form may hold. */
export interface FormLimits {
  /** The largest of its plain fields. */
  readonly fieldBytes: number;
  readonly file: FileSpec | undefined;
}

let receiving = 0;

/**
 * Reads a multipart form, its fields into `req.body`; its file, or null. Any other body is left as it is, but
 * must not hold what only a file can. `run` runs middleware on the request.
 *
 * @throws InvalidInput; Unavailable while MOST_UPLOADS forms with files are being received; what multer objects to.
 */
export async function readForm(
  req: Request,
  run: (handler: RequestHandler) => Promise<void>,
  { fieldBytes, file }: FormLimits,
): Promise<UploadedFile | null> {
  const limits = { fields: 50, fieldSize: fieldBytes };
  if (file === undefined) {
    await run(multer({ limits: { ...limits, files: 0 } }).none());
    return null;
  }
  const upload = multer({
    storage: multer.memoryStorage(),
    defParamCharset: 'utf8',
    limits: { ...limits, files: 1, fileSize: file.maxBytes },
  });
  if (req.is('multipart')) await inPlace(() => run(upload.single(file.field)));
  refuseText(req.body, file);
  return req.file ? { field: file.field, name: req.file.originalname, bytes: req.file.buffer } : null;
}

async function inPlace(work: () => Promise<void>): Promise<void> {
  if (receiving >= MOST_UPLOADS) {
    const message = 'Too many files are being received; send this one again in a moment';
    throw new Unavailable({ error: 'too_many_uploads', message }, 1);
  }
  receiving += 1;
  try {
    await work();
  } finally {
    receiving -= 1;
  }
}

/** `curl -F file=name` without its `@` sends the name. */
function refuseText(body: unknown, { field }: FileSpec): void {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, field)) return;
  const msg = 'wanted: a file, in a multipart form; this is text';
  throw new InvalidInput([{ loc: ['body', field], msg, type: 'value_error' }]);
}
