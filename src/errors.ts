/**
 * What can go wrong, as types. Services throw these and know nothing of HTTP;
 * `http/error_mapper.ts` is the one place that turns them into statuses.
 */
export abstract class TeleGateError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** One thing that is wrong with a request: where it stands and what was wanted. */
export interface InputIssue {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

/** The request can't be understood; every issue names its field. */
export class InvalidInput extends TeleGateError {
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[]) {
    super(issues.map((issue) => issue.msg).join('; '));
    this.issues = issues;
  }
}

/** The thing named in the request does not exist. */
export class NotFound extends TeleGateError {}

/** The request is understood and refused because of what it would do. */
export class BadRequest extends TeleGateError {}

/** The body is larger than the service reads. */
export class TooLarge extends TeleGateError {}

/** The body arrives too slowly to be waited for. */
export class BodyTooSlow extends TeleGateError {
  constructor(bytes: number, seconds: number) {
    super(`The body came too slowly: wanted ${bytes} bytes in ${seconds} seconds, or all of it`);
  }
}

/** The body is of a kind that is not read here. */
export class UnsupportedMedia extends TeleGateError {}

/** No key came with the request. */
export class Unauthenticated extends TeleGateError {}

/** The key is unknown, or its role may not do this. */
export class Forbidden extends TeleGateError {}

/** What a program branches on in an error answer: a code and its facts. */
export interface ErrorDetail {
  readonly error: string;
  readonly [fact: string]: unknown;
}

/** The state of things forbids it now; `detail.error` says which state. */
export class Conflict extends TeleGateError {
  readonly detail: ErrorDetail;

  constructor(detail: ErrorDetail) {
    super(String(detail.message ?? detail.error));
    this.detail = detail;
  }
}

/** Too many of something; worth another try after `retryAfterSeconds`. */
export class TooMany extends TeleGateError {
  readonly detail: string | ErrorDetail;
  readonly retryAfterSeconds: number;

  constructor(detail: string | ErrorDetail, retryAfterSeconds: number) {
    super(typeof detail === 'string' ? detail : detail.error);
    this.detail = detail;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Not now: nothing was changed, and the same request may pass after `retryAfterSeconds`. */
export class Unavailable extends TeleGateError {
  readonly detail: string | ErrorDetail;
  readonly retryAfterSeconds: number;

  constructor(detail: string | ErrorDetail, retryAfterSeconds: number, cause?: unknown) {
    super(typeof detail === 'string' ? detail : detail.error, { cause });
    this.detail = detail;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * The database can be read no more as it was written: nothing is leased or changed until it is restored and the
 * service started again. Neither a disk that can't be written nor a server that is away.
 */
export class DatabaseDamaged extends Unavailable {
  constructor() {
    const message = 'the database is damaged; nothing is leased until it is restored (the log says how)';
    super({ error: 'database_damaged', message }, 60);
    this.message = message;
  }
}

/** The service failed at something that the caller may be told the reason of (an unreadable directory). */
export class Failed extends TeleGateError {}

/** What the service depends on answered with an error, or not at all; nothing was changed. */
export class BadGateway extends TeleGateError {
  readonly detail: ErrorDetail;

  constructor(detail: ErrorDetail) {
    super(String(detail.message ?? detail.error));
    this.detail = detail;
  }
}

/** What the service depends on did not answer in time; nothing was changed. */
export class GatewayTimeout extends TeleGateError {
  readonly detail: ErrorDetail;

  constructor(detail: ErrorDetail) {
    super(String(detail.message ?? detail.error));
    this.detail = detail;
  }
}
