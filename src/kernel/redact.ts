import { types } from 'node:util';

/** Printed in place of a secret. */
const REDACTED = '[redacted]';

const MAX_TEXT_LENGTH = 16_384;

const SECRET_SHAPES: readonly (readonly [RegExp, string])[] = [
  // Session strings, and anything else that is long enough to be a 256-byte key in base64 or hexadecimal.
  [/[\w+/-]{300,}={0,2}/g, REDACTED],
  [/tg_[\w-]{43,}/g, REDACTED],
  // A bot's token, also behind `bot` as in the addresses of the Bot API.
  [/\d{6,12}:[\w-]{35}(?![\w-])/g, REDACTED],
  [/:\/\/[^\s/?#]*@/g, `://${REDACTED}@`],
  [/\b(Bearer\s+)[\w.~+/=-]{8,}/gi, `$1${REDACTED}`],
  [
    /([?&](?:api_key|session_string|secret|password|pass|token|api_hash|bot_token)=)[^&\s#]+/gi,
    `$1${REDACTED}`,
  ],
];

/**
 * `text` without what looks like a secret: session strings, API keys, bot tokens, the user and password in a
 * URL, bearer tokens, secrets in a query. Longer than 16 Ki characters, it is cut at a blank.
 */
export function redactText(text: string): string {
  let kept = text.length > MAX_TEXT_LENGTH ? cut(text) : text;
  for (const [shape, replacement] of SECRET_SHAPES) kept = kept.replace(shape, replacement);
  return kept;
}

/** Half a secret would no longer look like one, so none may be cut through. */
function cut(text: string): string {
  const start = text.slice(0, MAX_TEXT_LENGTH);
  const end = start.search(/\s\S*$/);
  return `${start.slice(0, Math.max(end, 0))}… [${text.length} characters]`;
}

const MAX_DEPTH = 8;
const MAX_ENTRIES = 100;
const MAX_VALUES = 2_000;

// Compared without case and punctuation, and without an `s` at the end.
const SECRET_NAMES = new Set(['pass', 'passwd', 'passphrase', 'code', 'otp', 'srp', 'encryptionkey']);
const SECRET_NAME_ENDS = [
  'apikey',
  'authkey',
  'privatekey',
  'accesskey',
  'accesskeyid',
  'authorization',
  'cookie',
  'password',
  'secret',
  'sessionstring',
  'apihash',
  'phonecodehash',
  'phonecode',
  'token',
];

/**
 * A copy of `value` that JSON can hold and that holds no secret: neither under a name that says so, at any
 * depth, nor in a text that looks like one. Errors become `{name, message, code, stack}` (and `cause`), whole
 * numbers beyond JSON's their digits, bytes only their count; cycles, and what is too deep or too much, a note.
 * Never throws.
 */
export function redact(value: unknown): unknown {
  return copy(value, { left: MAX_VALUES, path: [] });
}

interface Walk {
  /** Values that may still be copied. */
  left: number;
  /** The objects around the present value, outermost first. */
  readonly path: object[];
}

function copy(value: unknown, walk: Walk): unknown {
  walk.left -= 1;
  if (walk.left < 0) return '[too much]';
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'function') return '[function]';
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (walk.path.includes(value)) return '[circular]';
  if (walk.path.length >= MAX_DEPTH) return '[too deep]';
  walk.path.push(value);
  try {
    return copyObject(value, walk);
  } catch {
    return '[unreadable]';
  } finally {
    walk.path.pop();
  }
}

function copyObject(value: object, walk: Walk): unknown {
  if (isError(value)) return copyError(value, walk);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof URL) return redactText(value.href);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Set || Array.isArray(value)) return copyList([...value], walk);
  if (value instanceof Map) return copyFields([...value.keys()], (name) => value.get(name), walk);
  return copyFields(Object.keys(value), (name) => readField(value, name), walk);
}

/** Also an error of another realm, which is no instance of this one's Error. */
function isError(value: object): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

function copyError(error: Error, walk: Walk): unknown {
  const { name, cause } = error;
  const message = withoutParameters(error);
  const stack = error.stack?.replace(error.message, () => message);
  const code = 'code' in error ? error.code : undefined;
  // An error's code is a name, such as ENOENT: only as a field of its own would it be a login code.
  const fields = { name, message, code, stack, cause };
  const known = Object.entries(fields).filter(([, field]) => field !== undefined);
  return Object.fromEntries(known.map(([field, content]) => [field, copy(content, walk)]));
}

/** The message of an error. drizzle's names, after the statement, all that it was given: lease ids, phone numbers. */
function withoutParameters(error: Error): string {
  return 'query' in error && 'params' in error ? `Failed query: ${error.query}` : error.message;
}

function copyList(items: readonly unknown[], walk: Walk): unknown[] {
  const copies = items.slice(0, MAX_ENTRIES).map((item) => copy(item, walk));
  if (items.length > MAX_ENTRIES) copies.push(`[${items.length - MAX_ENTRIES} more]`);
  return copies;
}

function copyFields<T>(names: readonly T[], read: (name: T) => unknown, walk: Walk): unknown {
  const copies: [string, unknown][] = [];
  for (const key of names.slice(0, MAX_ENTRIES)) {
    const name = redactText(String(key));
    copies.push([name, isSecretName(name) ? hide(read(key)) : copy(read(key), walk)]);
  }
  if (names.length > MAX_ENTRIES) copies.push(['…', `[${names.length - MAX_ENTRIES} more]`]);
  return Object.fromEntries(copies);
}

/** One getter that throws must not cost the other fields. */
function readField(value: object, name: string): unknown {
  try {
    return Reflect.get(value, name);
  } catch {
    return '[unreadable]';
  }
}

/** That there is no secret, or whether there is one, is none. */
function hide(content: unknown): unknown {
  return content === null || content === undefined || typeof content === 'boolean' ? content : REDACTED;
}

function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  const single = plain.replace(/s$/, '');
  if (SECRET_NAMES.has(plain) || SECRET_NAMES.has(single)) return true;
  return SECRET_NAME_ENDS.some((end) => plain.endsWith(end) || single.endsWith(end));
}
