import { InvalidInput, TeleGateError, TooLarge, UnsupportedMedia } from '../errors.js';
import { DuplicateKey } from './exact_json.js';
import type { FileSpec } from './route.js';

const TOO_LARGE = 'The body, or a part of it, is larger than 64 KiB';

/** What the parsers object to, by the type or code that they give. */
const OBJECTIONS: Readonly<Record<string, () => TeleGateError>> = {
  'entity.too.large': () => new TooLarge(TOO_LARGE),
  LIMIT_FIELD_VALUE: () => new TooLarge(TOO_LARGE),
  LIMIT_FIELD_KEY: () => new TooLarge(TOO_LARGE),
  LIMIT_FIELD_COUNT: () => invalid('the form has too many fields'),
  'parameters.too.many': () => invalid('the form has too many fields'),
  'encoding.unsupported': () => new UnsupportedMedia('Content-Encoding not supported'),
  'charset.unsupported': () => new UnsupportedMedia('Charset not supported'),
};

/** Of a file that came along. */
const FILE_OBJECTIONS: Readonly<Record<string, (file: FileSpec) => TeleGateError>> = {
  LIMIT_FILE_SIZE: ({ field, maxBytes }) =>
    new TooLarge(`The file in "${field}" is larger than ${inWords(maxBytes)}`),
  LIMIT_UNEXPECTED_FILE: ({ field }) => otherFile(field),
  LIMIT_FILE_COUNT: ({ field }) => otherFile(field),
};

/**
 * What a body could not be read for, as an error that says so to its sender. `file`: what the route takes;
 * without it no file is wanted.
 */
export function refusalOf(error: unknown, file?: FileSpec): TeleGateError {
  if (error instanceof TeleGateError) return error;
  if (error instanceof DuplicateKey) return invalid(error.message);
  // Objects nested so deeply that the parser runs out of stack make a RangeError.
  if (error instanceof SyntaxError || error instanceof RangeError) {
    return invalid('the body is not valid JSON', 'json_invalid');
  }
  const facts: object = typeof error === 'object' && error !== null ? error : {};
  const type = 'type' in facts ? String(facts.type) : 'code' in facts ? String(facts.code) : '';
  const fileObjection = FILE_OBJECTIONS[type];
  if (fileObjection) return file ? fileObjection(file) : invalid('no file is wanted here');
  return OBJECTIONS[type]?.() ?? invalid('the body can not be read');
}

function otherFile(field: string): InvalidInput {
  const msg = `wanted: one file, in the field "${field}", and no other`;
  return new InvalidInput([{ loc: ['body', field], msg, type: 'value_error' }]);
}

function invalid(msg: string, type = 'value_error'): InvalidInput {
  return new InvalidInput([{ loc: ['body'], msg, type }]);
}

function inWords(bytes: number): string {
  for (const [unit, size] of [
    ['MiB', 1024 * 1024],
    ['KiB', 1024],
  ] as const) {
    if (bytes % size === 0) return `${bytes / size} ${unit}`;
  }
  return `${bytes} bytes`;
}
