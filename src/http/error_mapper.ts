import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'winston';
import {
  BadGateway,
  BadRequest,
  BodyTooSlow,
  Conflict,
  Failed,
  Forbidden,
  GatewayTimeout,
  InvalidInput,
  NotFound,
  TooLarge,
  TooMany,
  Unauthenticated,
  Unavailable,
  UnsupportedMedia,
} from '../errors.js';

interface Answer {
  readonly status: number;
  readonly detail: unknown;
  readonly retryAfterSeconds?: number;
}

/** The one place where an error becomes a status. */
function answerFor(error: unknown): Answer | null {
  if (error instanceof InvalidInput) return { status: 422, detail: error.issues };
  if (error instanceof Unauthenticated) return { status: 401, detail: error.message };
  if (error instanceof Forbidden) return { status: 403, detail: error.message };
  if (error instanceof NotFound) return { status: 404, detail: error.message };
  if (error instanceof BadRequest) return { status: 400, detail: error.message };
  if (error instanceof BodyTooSlow) return { status: 408, detail: error.message };
  if (error instanceof TooLarge) return { status: 413, detail: error.message };
  if (error instanceof Conflict) return { status: 409, detail: error.detail };
  if (error instanceof TooMany) return retry(429, error);
  if (error instanceof Unavailable) return retry(503, error);
  if (error instanceof BadGateway) return { status: 502, detail: error.detail };
  if (error instanceof GatewayTimeout) return { status: 504, detail: error.detail };
  if (error instanceof Failed) return { status: 500, detail: error.message };
  if (error instanceof UnsupportedMedia) return { status: 415, detail: error.message };
  // Express itself: a path that it can't decode.
  if (error instanceof URIError) return { status: 400, detail: 'The path is not validly percent-encoded' };
  return refusalOfStaticFile(error);
}

/** What Express refuses about a file of the console, such as a range that it does not have. */
function refusalOfStaticFile(error: unknown): Answer | null {
  if (!(error instanceof Error) || !('statusCode' in error)) return null;
  const status = Number(error.statusCode);
  return status >= 400 && status < 500 ? { status, detail: STATUS_CODES[status] ?? 'Refused' } : null;
}

function retry(status: number, error: TooMany | Unavailable): Answer {
  return { status, detail: error.detail, retryAfterSeconds: error.retryAfterSeconds };
}

/** Answers with the error; one that nobody expected is logged and answered without detail. */
export function createErrorMapper(logger: Logger): ErrorRequestHandler {
  return (error, req, res, next) => {
    const answer = answerFor(error);
    const { requestId } = res.locals;
    if (!answer)
      logger.error('unexpected error', { request_id: requestId, method: req.method, path: req.path, error });
    else if (answer.status >= 500 && error.cause) {
      logger.error('request failed', {
        request_id: requestId,
        method: req.method,
        path: req.path,
        error: error.cause,
      });
    }
    if (res.headersSent) return next(error);
    send(res, answer ?? { status: 500, detail: 'Internal Server Error' });
  };
}

function send(res: Response, answer: Answer): void {
  res.setHeader('Cache-Control', 'no-store');
  if (answer.retryAfterSeconds !== undefined) res.setHeader('Retry-After', String(answer.retryAfterSeconds));
  res.status(answer.status).json({ detail: answer.detail });
}
