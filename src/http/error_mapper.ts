import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'winston';
import {
  BadRequest,
  Conflict,
  Failed,
  Forbidden,
  InvalidInput,
  NotFound,
  TeleGateError,
  TooLarge,
  TooMany,
  Unauthenticated,
  Unavailable,
} from '../errors.js';

interface Answer {
  readonly status: number;
  readonly detail: unknown;
  readonly retryAfterSeconds?: number;
}

/** The one place where an error becomes a status. */
export function answerFor(error: unknown): Answer | null {
  if (error instanceof InvalidInput) return { status: 422, detail: error.issues };
  if (error instanceof Unauthenticated) return { status: 401, detail: error.message };
  if (error instanceof Forbidden) return { status: 403, detail: error.message };
  if (error instanceof NotFound) return { status: 404, detail: error.message };
  if (error instanceof BadRequest) return { status: 400, detail: error.message };
  if (error instanceof TooLarge) return { status: 413, detail: error.message };
  if (error instanceof Conflict) return { status: 409, detail: error.detail };
  if (error instanceof TooMany) return retry(429, error);
  if (error instanceof Unavailable) return retry(503, error);
  if (error instanceof Failed) return { status: 500, detail: error.message };
  return error instanceof TeleGateError ? null : answerForBody(error);
}

function retry(status: number, error: TooMany | Unavailable): Answer {
  return { status, detail: error.detail, retryAfterSeconds: error.retryAfterSeconds };
}

/** Errors of the libraries that read bodies and paths, by the type or code that they give. */
const LIBRARY_ERRORS: Readonly<Record<string, Answer>> = {
  'entity.parse.failed': unreadable('the body is not valid JSON', 'json_invalid'),
  'entity.too.large': { status: 413, detail: 'The body is larger than 64 KiB' },
  'parameters.too.many': unreadable('too many parameters', 'value_error'),
  'encoding.unsupported': { status: 415, detail: 'Content-Encoding not supported' },
  'charset.unsupported': { status: 415, detail: 'Charset not supported' },
  'request.size.invalid': unreadable('the body is not as long as Content-Length says', 'value_error'),
  'request.aborted': unreadable('the body was not sent whole', 'value_error'),
  LIMIT_FIELD_VALUE: { status: 413, detail: 'A field is larger than 64 KiB' },
  LIMIT_FIELD_COUNT: unreadable('too many fields', 'value_error'),
  LIMIT_UNEXPECTED_FILE: unreadable('no file is wanted here', 'value_error'),
};

function unreadable(msg: string, type: string): Answer {
  return { status: 422, detail: [{ loc: ['body'], msg, type }] };
}

function answerForBody(error: unknown): Answer | null {
  if (!(error instanceof Error)) return null;
  const type = 'type' in error ? String(error.type) : 'code' in error ? String(error.code) : '';
  const known = LIBRARY_ERRORS[type];
  if (known) return known;
  if (error.message.startsWith('Multipart:') || error.message.startsWith('Malformed part')) {
    return unreadable('the form is not valid multipart/form-data', 'value_error');
  }
  return error instanceof URIError
    ? { status: 400, detail: 'The path is not validly percent-encoded' }
    : null;
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
