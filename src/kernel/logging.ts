import { createLogger as createWinstonLogger, format, type Logger, transports } from 'winston';
import { redact } from './redact.js';

/** The levels a log may have, fewest entries first: winston's `npm` levels. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'http', 'verbose', 'debug', 'silly'] as const;

/** How much is logged, and where to. */
export interface LoggerOptions {
  readonly level: (typeof LOG_LEVELS)[number];
  /** Takes the lines; stderr, if not given. */
  readonly stream?: NodeJS.WritableStream;
}

const MESSAGE = Symbol.for('message');
const SPLAT = Symbol.for('splat');

/**
 * A logger that writes each entry as one line of JSON: `timestamp` (ISO 8601, UTC), `level`, `message`, and
 * the fields given with it, redacted. An Error in place of the fields becomes the field `error`. Nothing that
 * is logged makes it throw.
 */
export function createLogger({ level, stream = process.stderr }: LoggerOptions): Logger {
  return createWinstonLogger({
    level,
    format: format((info) => Object.assign(info, { [MESSAGE]: formatLine(info) }))(),
    transports: [new transports.Stream({ stream, eol: '\n' })],
  });
}

function formatLine(info: Record<string | symbol, unknown>): string {
  const timestamp = new Date().toISOString();
  const { level } = info;
  const given = readGiven(info);
  const message = typeof info.message === 'string' ? info.message : '';
  const entry = { timestamp, level, message: withoutAppended(message, given), ...readFields(info, given) };
  return JSON.stringify(redact(entry));
}

/** What the caller gave after the message; for an error logged by itself, that error. */
function readGiven(info: Record<string | symbol, unknown>): unknown {
  if (info instanceof Error) return info;
  const splat = info[SPLAT];
  return Array.isArray(splat) ? splat[0] : undefined;
}

/** winston appends the message of an error, or a field of that name, to the entry's own message. */
function withoutAppended(message: string, given: unknown): string {
  if (typeof given !== 'object' || given === null || !('message' in given)) return message;
  const appended = ` ${given.message}`;
  return message.endsWith(appended) ? message.slice(0, -appended.length) : message;
}

function readFields(info: Record<string | symbol, unknown>, given: unknown): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...info };
  if (given instanceof Error) {
    for (const name of Object.keys(given)) delete fields[name];
    delete fields.stack;
    delete fields.cause;
    fields.error = given;
  } else if (typeof given === 'object' && given !== null) {
    // winston leaves them out where the message has a percent sign that looks like a placeholder.
    Object.assign(fields, given);
  }
  for (const own of ['timestamp', 'level', 'message']) delete fields[own];
  return fields;
}
