import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'winston';
import { TeleGateError } from '../kernel/errors.js';

/** What of an error is answered. */
type Answer = Pick<TeleGateError, 'status' | 'code' | 'field' | 'detail' | 'retryAfterSeconds'>;

/** The response to an error; null: the error is unexpected. */
function answerTo(error: unknown): Answer | null {
  if (error instanceof TeleGateError) return error;
  // Express itself could not decode the path.
  if (error instanceof URIError) return plain(400, 'invalid_path', 'The path is not validly percent-encoded');
  return refusalOfStaticFile(error);
}

/** What Express rejects about a file of the console, such as an unsatisfiable range. */
function refusalOfStaticFile(error: unknown): Answer | null {
  if (!(error instanceof Error) || !('statusCode' in error)) return null;
  const status = Number(error.statusCode);
  if (status < 400 || status >= 500) return null;
  const words = STATUS_CODES[status] ?? 'Refused';
  return plain(status, words.toLowerCase().replaceAll(/\W+/g, '_'), words);
}

function plain(status: number, code: string, detail: string): Answer {
  return { status, code, detail, field: null, retryAfterSeconds: null };
}

/** Answers with the error; an unexpected one is logged and answered without detail. */
export function createErrorMapper(logger: Logger): ErrorRequestHandler {
  return (error, req, res, next) => {
    const answer = answerTo(error);
    const request = { request_id: res.locals.requestId, method: req.method, path: req.path };
    if (!answer) logger.error('unexpected error', { ...request, error });
    else if (answer.status >= 500 && error.cause)
      logger.error('request failed', { ...request, error: error.cause });
    if (res.headersSent) return next(error);
    send(res, answer ?? plain(500, 'internal_error', 'Internal Server Error'));
  };
}

/** The one shape of all errors: `detail` for people, `code` for programs, `field` where one is wrong. */
function send(res: Response, { status, detail, code, field, retryAfterSeconds }: Answer): void {
  res.setHeader('Cache-Control', 'no-store');
  if (retryAfterSeconds !== null) res.setHeader('Retry-After', String(retryAfterSeconds));
  res.status(status).json({ detail, code, ...(field !== null && { field }) });
}
