import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import multer from 'multer';

/** No parameter of any route needs more, in bytes. */
const LIMIT_BYTES = 64 * 1024;

const parsers: readonly RequestHandler[] = [
  express.json({ limit: LIMIT_BYTES, strict: false }),
  express.urlencoded({ limit: LIMIT_BYTES, extended: false }),
  multer({ limits: { fields: 50, fieldSize: LIMIT_BYTES, files: 0 } }).none(),
];

/** Reads a body of JSON or a form into `req.body`; a request without one costs nothing. */
export async function readBody(req: Request, res: Response): Promise<void> {
  const length = req.headers['content-length'];
  if (req.headers['transfer-encoding'] === undefined && (length === undefined || length === '0')) return;
  for (const parser of parsers) await run(parser, req, res);
}

function run(handler: RequestHandler, req: Request, res: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    const next: NextFunction = (error?: unknown) => (error ? reject(error) : resolve());
    handler(req, res, next);
  });
}
