import type { Operations } from './api_types.js';
import type { Operation } from './errors.js';
import type { Answer, Body, CallOptions, Http, Query } from './http.js';

/** A page of a list. */
export type Page<List> = List & {
  /** How many entries there are in all; undefined where the service does not count them. */
  readonly total?: number;
};

/** Managed sessions. */
export const SESSIONS = {
  list: 'GET /sessions',
  get: 'GET /sessions/{id}',
  /** Saves a session string of Telethon, GramJS or Pyrogram. */
  create: 'POST /sessions',
  /** Uploads a session file. */
  upload: 'POST /sessions/upload-file',
  update: 'PUT /sessions/{id}',
  delete: 'DELETE /sessions/{id}',
  /** Asks Telegram whether the session is valid. */
  test: 'POST /sessions/{id}/test',
  channels: 'GET /sessions/{id}/channels',
  history: 'GET /sessions/{id}/history',
  /** The session as a string; `exportFile` has it as a file. */
  export: 'GET /sessions/{id}/export',
} as const;

/** Logging accounts in. */
export const LOGINS = {
  /** Has Telegram send a code. */
  sendCode: 'POST /sessions/send-otp',
  resendCode: 'POST /sessions/resend-otp',
  /** Signs in with the code; again with the password if `requires_password` is true. */
  verify: 'POST /sessions/verify-otp',
  finalize: 'POST /sessions/finalize',
  cancel: 'DELETE /sessions/temp/{temp_session_id}',
  /** Finds the session of a phone number or, if there is none, has Telegram send a code. */
  getCode: 'POST /sessions/get-code',
} as const;

/** Channels that the service scrapes itself. */
export const SOURCES = {
  list: 'GET /sources',
  get: 'GET /sources/{id}',
  create: 'POST /sources',
  createPrivate: 'POST /sources/private',
  createPublic: 'POST /sources/public',
  update: 'PUT /sources/{id}',
  delete: 'DELETE /sources/{id}',
  /** Starts a run. */
  trigger: 'POST /sources/{id}/trigger',
  /** Starts a run by the name of its flow. */
  triggerFlow: 'POST /flows/trigger/{name}',
  runs: 'GET /sources/{id}/runs',
} as const;

/** Runs of sources. */
export const RUNS = {
  get: 'GET /runs/{id}',
  logs: 'GET /runs/{id}/logs',
  files: 'GET /runs/{id}/files',
  cancel: 'POST /runs/{id}/cancel',
} as const;

/** API keys. */
export const KEYS = {
  list: 'GET /keys',
  /** The key of this client. */
  self: 'GET /keys/self',
  /** The answer is the only one that shows the key. */
  create: 'POST /keys',
  revoke: 'DELETE /keys/{id}',
} as const;

type Of<Op extends Operation, Name extends string> =
  Operations[Op] extends Record<Name, infer Value> ? Value : never;
type Identified<Op extends Operation> = [Of<Op, 'path'>] extends [never]
  ? []
  : Of<Op, 'path'> extends Record<string, infer Id>
    ? [id: Id]
    : never;
type Given<Op extends Operation> = [Body<Op>] extends [never]
  ? [Query<Op>] extends [never]
    ? []
    : [query?: Query<Op>]
  : [body: Body<Op>];

/** An operation as a function: of the id in its path, of its body or query, and of how it is called. */
export type Verb<Op extends Operation> = (
  ...args: [...Identified<Op>, ...Given<Op>, options?: CallOptions]
) => Promise<Answer<Op> extends readonly unknown[] ? Page<Answer<Op>> : Answer<Op>>;

/** Operations as functions, by their names. */
export type Verbs<Table extends Readonly<Record<string, Operation>>> = {
  readonly [Name in keyof Table]: Verb<Table[Name]>;
};

/** Operations that take neither a body nor a query. */
const BARE: ReadonlySet<string> = new Set([
  ...['GET /sessions/{id}', 'DELETE /sessions/{id}', 'POST /sessions/{id}/test'],
  ...['DELETE /sessions/temp/{temp_session_id}', 'GET /sources/{id}', 'DELETE /sources/{id}'],
  ...[
    'POST /sources/{id}/trigger',
    'GET /runs/{id}',
    'POST /runs/{id}/cancel',
    'GET /keys',
    'GET /keys/self',
  ],
]);

/** The operations of a table as functions. @internal */
export function verbsOf<Table extends Readonly<Record<string, Operation>>>(
  http: Http,
  table: Table,
): Verbs<Table> {
  const verbs = Object.entries(table).map(([name, operation]) => {
    const [, idName] = /\{(\w+)\}/.exec(operation) ?? [];
    const field = /^(POST|PUT)/.test(operation) && !operation.includes('/flows/') ? 'body' : 'query';
    const verb = (...args: unknown[]) => {
      const input = {
        ...(idName && { path: { [idName]: args.shift() } }),
        ...(!BARE.has(operation) && { [field]: args.shift() }),
      };
      return http.call(operation, input as never, args.shift() as CallOptions);
    };
    return [name, verb];
  });
  return Object.fromEntries(verbs);
}
