/** One problem of a request: its location, and what was expected. */
export interface InputIssue {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

/** A code that a program branches on, and the facts that go with it. */
export interface ErrorDetail {
  readonly error: string;
  readonly [fact: string]: unknown;
}

/** What an error answer says under `detail`: plain words, a code with its facts, or what is wrong with the input. */
type Detail = string | ErrorDetail | readonly InputIssue[];

interface Options {
  /** In snake_case, and stable: clients branch on it. */
  readonly code: string;
  /** The field of the request that is wrong. */
  readonly field?: string;
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/**
 * What can go wrong, as types. Services throw these and know nothing of HTTP;
 * `http/error_mapper.ts` is the one place that turns them into answers.
 */
export abstract class TeleGateError<Told extends Detail = Detail> extends Error {
  /** The HTTP status of the answer. */
  abstract readonly status: number;
  /** Tells a program which error it is. */
  readonly code: string;
  /** The field of the request that is wrong; null: none, or not one alone. */
  readonly field: string | null;
  readonly detail: Told;
  /** The same request may succeed after this many seconds; null: unknown. */
  readonly retryAfterSeconds: number | null;

  constructor(detail: Told, { code, field, retryAfterSeconds, cause }: Options) {
    super(inWords(detail), { cause });
    this.detail = detail;
    this.code = code;
    this.field = field ?? null;
    this.retryAfterSeconds = retryAfterSeconds ?? null;
  }

  override get name(): string {
    return this.constructor.name;
  }
}

function inWords(detail: Detail): string {
  if (typeof detail === 'string') return detail;
  return 'error' in detail ? String(detail.message ?? detail.error) : detail.map(({ msg }) => msg).join('; ');
}

/** The request is invalid; every issue names its field. */
export class InvalidInput extends TeleGateError<readonly InputIssue[]> {
  readonly status = 422;

  constructor(issues: readonly InputIssue[]) {
    const field = issues[0]?.loc[1];
    super(issues, { code: 'invalid_input', ...(field !== undefined && { field: String(field) }) });
  }
}

/** The object named in the request does not exist. */
export class NotFound extends TeleGateError<string> {
  readonly status = 404;

  /** Its code is, say, `temp_session_not_found`. */
  constructor(object: 'Session' | 'Temp session' | 'Source' | 'Run' | 'Key' | 'File' | 'Limit') {
    super(`${object} not found`, { code: `${object.toLowerCase().replace(' ', '_')}_not_found` });
  }
}

/** No route has this path. */
export class PathNotFound extends TeleGateError<string> {
  readonly status = 404;

  constructor() {
    super('Not Found', { code: 'path_not_found' });
  }
}

/** The path has routes, but none of this method. */
export class MethodNotAllowed extends TeleGateError<string> {
  readonly status = 405;

  constructor() {
    super('Method Not Allowed', { code: 'method_not_allowed' });
  }
}

/** The request is valid, but refused because of what it would do. */
export class BadRequest extends TeleGateError<string> {
  readonly status = 400;
}

/** The key is unknown, or its role is not allowed to do this. */
export class Forbidden extends TeleGateError<string> {
  readonly status = 403;
}

/** The service failed for a reason that the caller may be told (an unreadable directory). */
export class Failed extends TeleGateError<string> {
  readonly status = 500;
}

/** The request has no key, or (`sign_in_ended`) a sign-in that has ended. */
export class Unauthenticated extends TeleGateError<string> {
  readonly status = 401;

  constructor(message: string, { code = 'api_key_required' }: { readonly code?: string } = {}) {
    super(message, { code });
  }
}

/** The file has no such range. */
export class RangeNotSatisfiable extends TeleGateError<string> {
  readonly status = 416;

  constructor(sizeBytes: number) {
    super(`The file has ${sizeBytes} bytes: it has no such range`, { code: 'range_not_satisfiable' });
  }
}

/** The body is larger than the service accepts. */
export class TooLarge extends TeleGateError<string> {
  readonly status = 413;

  constructor(message: string, field?: string) {
    super(message, { code: 'body_too_large', ...(field !== undefined && { field }) });
  }
}

/** The body arrives too slowly. */
export class BodyTooSlow extends TeleGateError<string> {
  readonly status = 408;

  constructor(bytes: number, seconds: number) {
    const message = `The body arrived too slowly: expected ${bytes} bytes in ${seconds} seconds, or all of it`;
    super(message, { code: 'body_too_slow' });
  }
}

/** The body has an unsupported type. */
export class UnsupportedMedia extends TeleGateError<string> {
  readonly status = 415;

  constructor(message: string) {
    super(message, { code: 'unsupported_media_type' });
  }
}

/** An error whose detail holds its code, and facts. */
abstract class ErrorWithFacts extends TeleGateError<ErrorDetail> {
  constructor(detail: ErrorDetail, options: Partial<Options> = {}) {
    super(detail, { code: detail.error, ...options });
  }
}

/** The current state forbids it; `detail.error` says why. */
export class Conflict extends ErrorWithFacts {
  readonly status = 409;
}

/** A dependency answered with an error, or not at all; nothing was changed. */
export class BadGateway extends ErrorWithFacts {
  readonly status = 502;
}

/** A dependency did not answer in time; nothing was changed. */
export class GatewayTimeout extends ErrorWithFacts {
  readonly status = 504;
}

/** The same request may pass after `retryAfterSeconds`. */
abstract class RetryLater extends TeleGateError<string | ErrorDetail> {
  declare readonly retryAfterSeconds: number;

  constructor(detail: ErrorDetail, retryAfterSeconds: number, options?: Partial<Options>);
  constructor(detail: string | ErrorDetail, retryAfterSeconds: number, options: Options);
  constructor(detail: string | ErrorDetail, retryAfterSeconds: number, options: Partial<Options> = {}) {
    super(detail, { code: (detail as ErrorDetail).error, ...options, retryAfterSeconds });
  }
}

/** Too many of something; can be retried after `retryAfterSeconds`. */
export class TooMany extends RetryLater {
  readonly status = 429;
}

/** Temporarily unavailable: nothing was changed, and the request can be retried after `retryAfterSeconds`. */
export class Unavailable extends RetryLater {
  readonly status = 503;
}

/**
 * The database is damaged: nothing is leased or changed until it is restored and the service started again. Thrown
 * neither for a full disk nor for a server that is away.
 */
export class DatabaseDamaged extends Unavailable {
  constructor() {
    const message = 'the database is damaged; nothing is leased until it is restored (the log says how)';
    super({ error: 'database_damaged', message }, 60);
  }
}
