import type { Request, RequestHandler } from 'express';
import multer from 'multer';
import { InvalidInput } from '../errors.js';
import type { FileSpec, UploadedFile } from './route.js';

/** What a multipart form may hold. */
export interface FormLimits {
  /** The largest of its plain fields. */
  readonly fieldBytes: number;
  readonly file: FileSpec | undefined;
}

/**
 * Reads a multipart form, its fields into `req.body`; its file, or null. Any other body is left as it is, but
 * must not hold what only a file can. `run` runs middleware on the request.
 *
 * @throws InvalidInput; Unavailable while too many files are being received; what multer objects to.
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
  const msg = 'wanted: a file, in a multipart form; this is text';
  throw new InvalidInput([{ loc: ['body', field], msg, type: 'value_error' }]);
}
