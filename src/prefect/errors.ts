import { BadGateway, Unavailable } from '../kernel/errors.js';

/** Prefect does not answer, or is too busy: the same call may succeed later. Whether it had an effect is unknown. */
export class PrefectUnreachable extends Unavailable {
  constructor(message: string, retryAfterSeconds: number, cause?: unknown) {
    super({ error: 'prefect_unreachable', message }, retryAfterSeconds, { cause });
  }
}

/** Prefect answered, but not with what was asked for. No message contains a secret. */
export class PrefectError extends BadGateway {
  /** The status of Prefect's answer. */
  readonly answered: number;

  constructor(answered: number, message: string, code = 'prefect_error') {
    super({ error: code, message });
    this.answered = answered;
  }
}

/** What the call names does not exist in Prefect. */
export class PrefectNotFound extends PrefectError {
  constructor(message: string) {
    super(404, message, 'prefect_not_found');
  }
}

/** It exists already, or what Prefect has does not allow the call. */
export class PrefectConflict extends PrefectError {
  constructor(message: string) {
    super(409, message, 'prefect_conflict');
  }
}

/** Prefect wants other credentials, or the key may not do this. */
export class PrefectUnauthorized extends PrefectError {
  constructor(answered: 401 | 403, message: string) {
    super(answered, message, 'prefect_unauthorized');
  }
}

/** The Prefect that the settings name cannot be used; the message says in one sentence why, and what to change. */
export class PrefectRefused extends Error {
  override readonly name = 'PrefectRefused';
}
