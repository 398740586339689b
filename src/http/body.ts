import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import multer from 'multer';
import { InvalidInput, type TeleGateError, TooLarge, UnsupportedMedia } from '../errors.js';

/** No parameter of any route needs more, in bytes. */
const LIMIT_BYTES = 64 * 1024;

const parsers: readonly RequestHandler[] = [
  express.json({ limit: LIMIT_BYTES, strict: false }),
  express.urlencoded({ limit: LIMIT_BYTES, extended: false }),
  multer({ limits: { fields: 50, fieldSize: LIMIT_BYTES, files: 0 } }).none(),
];

/**
 * Reads a body of JSON or a form into `req.body`; a request without one costs nothing.
 * @throws TooLarge, UnsupportedMedia, InvalidInput: whatever is wrong with a body is the sender's mistake.
 */
export async function readBody(req: Request, res: Response): Promise<void> {
  const length = req.headers['content-length'];
  if (req.headers['transfer-encoding'] === undefined && (length === undefined || length === '0')) return;
  try {
    for (const parser of parsers) await run(parser, req, res);
  } catch (error) {
    throw refusal(error);
  }
}

function run(handler: RequestHandler, req: Request, res: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    const next: NextFunction = (error?: unknown) => (error ? reject(error) : resolve());
    handler(req, res, next);
  });
}

const TOO_LARGE = 'The body, or a part of it, is larger than 64 KiB';

/** What the parsers object to, by the type or code that they give. */
const OBJECTIONS: Readonly<Record<string, () => TeleGateError>> = {
  'entity.parse.failed': () => invalid('the body is not valid JSON', 'json_invalid'),
  'entity.too.large': () => new TooLarge(TOO_LARGE),
  LIMIT_FIELD_VALUE: () => new TooLarge(TOO_LARGE),
  LIMIT_FIELD_KEY: () => new TooLarge(TOO_LARGE),
  LIMIT_FIELD_COUNT: () => invalid('the form has too many fields', 'value_error'),
  LIMIT_UNEXPECTED_FILE: () => invalid('no file is wanted here', 'value_error'),
  LIMIT_FILE_COUNT: () => invalid('no file is wanted here', 'value_error'),
  'parameters.too.many': () => invalid('the form has too many fields', 'value_error'),
  'encoding.unsupported': () => new UnsupportedMedia('Content-Encoding not supported'),
  'charset.unsupported': () => new UnsupportedMedia('Charset not supported'),
};

function refusal(error: unknown): TeleGateError {
  const facts: object = typeof error === 'object' && error !== null ? error : {};
  const type = 'type' in facts ? String(facts.type) : 'code' in facts ? String(facts.code) : '';
  return OBJECTIONS[type]?.() ?? invalid('the body can not be read', 'value_error');
}

function invalid(msg: string, type: string): InvalidInput {
  return new InvalidInput([{ loc: ['body'], msg, type }]);
}
