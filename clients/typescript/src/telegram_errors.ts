/** An error of Telegram's, as the service understands it. */
export interface TelegramError {
  /** Telegram's name, such as `FLOOD_WAIT_35`. */
  readonly error: string;
  /** The method, such as `messages.GetHistory`; null: unknown. */
  readonly method: string | null;
}

/** What the errors of GramJS, teleproto and mtcute have, as far as it is of use. */
interface Raised {
  readonly message?: unknown;
  /** GramJS, teleproto: the name, or the kind of error where the number is in `seconds`. */
  readonly errorMessage?: unknown;
  /** mtcute: the name, with `%d` where the number is in `seconds`. */
  readonly text?: unknown;
  readonly code?: unknown;
  readonly seconds?: unknown;
  readonly cause?: unknown;
}

const NAME = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9%d]+)+$/;

/** GramJS's names for whole kinds of errors: they name no error of Telegram's. */
const KINDS: ReadonlySet<string> = new Set(['ERROR_SEE_OTHER', 'BAD_REQUEST', 'NOT_FOUND', 'AUTH_KEY']);

/** A name within other text, such as `420: FLOOD_WAIT_35 (caused by messages.GetHistory)`. */
const NAME_IN_TEXT =
  /\b((?:FLOOD|SLOWMODE|PEER|FROZEN|AUTH_KEY|SESSION|USER_DEACTIVATED|PHONE_NUMBER)(?:_[A-Z0-9]+)*)\b/;

/** How deep an error may be wrapped in others. */
const MAX_DEPTH = 5;

/**
 * Telegram's error in what GramJS, teleproto or mtcute has thrown, also among its causes, or in text. Null: Telegram has
 * refused nothing, so it says nothing about the session.
 */
export function telegramError(thrown: unknown): TelegramError | null {
  for (const error of causesOf(thrown)) {
    if (typeof error === 'string') return inText(error);
    const found = ofLibrary(error as Raised);
    if (found) return found;
  }
  return null;
}

/** What was thrown, and its causes. @internal */
export function* causesOf(thrown: unknown): Generator<unknown> {
  let error = thrown;
  for (let depth = 0; depth < MAX_DEPTH && error; depth += 1) {
    yield error;
    error = (error as Raised).cause;
  }
}

function inText(text: string): TelegramError | null {
  const [, error] = NAME_IN_TEXT.exec(text) ?? [];
  return error === undefined ? null : named(error, text);
}

function ofLibrary(raised: Raised): TelegramError | null {
  const { errorMessage, text, code, seconds } = raised;
  const name = errorMessage ?? text;
  if (typeof name !== 'string' || typeof code !== 'number') return null;
  const message = String(raised.message ?? '');
  if (NAME.test(name) && !KINDS.has(name)) return named(name.replace('%d', String(seconds ?? 0)), message);
  // GramJS keeps only the kind of error and the number, and says in words what it is.
  if (typeof seconds === 'number') {
    const kind = message.includes('in this chat') ? 'SLOWMODE_WAIT' : 'FLOOD_WAIT';
    return named(`${kind}_${seconds}`, message);
  }
  return inText(message);
}

/** GramJS and teleproto name the method in the message; without a subscription, only file transfers are throttled. */
function named(error: string, message: string): TelegramError {
  const [, called] = /\(caused by ([A-Za-z][\w.]{0,99})\)/.exec(message) ?? [];
  return { error, method: called ?? (error.startsWith('FLOOD_PREMIUM_WAIT_') ? 'upload.getFile' : null) };
}
