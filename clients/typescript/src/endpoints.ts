import type { Operation } from './errors.js';
import type { Answer, CallOptions, Http, Part } from './http.js';

/** A page of a list. */
export type Page<List> = List & {
  /** The length of the whole list; undefined where the service does not count it. */
  readonly total?: number;
};

type Table = Readonly<Record<string, Operation>>;

/** Managed sessions. */
export const SESSIONS = {
  list: 'GET /sessions',
  /** Their tags, in alphabetical order. */
  tags: 'GET /sessions/tags',
  /** Leases a day, by tag. */
  limits: 'GET /tags/limits',
  setLimit: 'PUT /tags/{tag}/limits',
  removeLimit: 'DELETE /tags/{tag}/limits',
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
  resolveBudget: 'GET /sessions/{id}/resolve-budget',
  /** The session as a string; `exportFile` has it as a file. */
  export: 'GET /sessions/{id}/export',
  /** Does the same to many sessions. Ending the call cancels what was not begun. */
  bulk: 'POST /sessions/bulk',
  cancelBulk: 'POST /sessions/bulk/{bulk_id}/cancel',
} satisfies Table;

/** Logging accounts in. */
export const LOGINS = {
  /** Has Telegram send a code. */
  sendCode: 'POST /sessions/send-otp',
  resendCode: 'POST /sessions/resend-otp',
  /** Signs in with the code; again with the password if `requires_password` is true. */
  verify: 'POST /sessions/verify-otp',
  finalize: 'POST /sessions/finalize',
  cancel: 'DELETE /sessions/temp/{temp_session_id}',
  /** Finds the session of a phone number, or has Telegram send a code. */
  getCode: 'POST /sessions/get-code',
} satisfies Table;

/** Channels that the service scrapes itself. */
export const SOURCES = {
  list: 'GET /sources',
  /** The targets that are configured. */
  targets: 'GET /sources/targets',
  /** Asks Telegram whether a channel exists. */
  check: 'POST /sources/check',
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
  files: 'GET /sources/{id}/files',
  fileContent: 'GET /sources/{id}/files/{file_id}/content',
} satisfies Table;

/** Runs of sources. */
export const RUNS = {
  list: 'GET /runs',
  get: 'GET /runs/{id}',
  logs: 'GET /runs/{id}/logs',
  files: 'GET /runs/{id}/files',
  /** The files of all runs, newest first. */
  allFiles: 'GET /files',
  fileContent: 'GET /runs/{id}/files/{file_id}/content',
  cancel: 'POST /runs/{id}/cancel',
} satisfies Table;

/** API keys. */
export const KEYS = {
  list: 'GET /keys',
  /** The key of this client. */
  self: 'GET /keys/self',
  /** The answer is the only one that shows the key. */
  create: 'POST /keys',
  revoke: 'DELETE /keys/{id}',
} satisfies Table;

type Identified<
  Op extends Operation,
  Path extends string = Op,
> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? [id: Part<Op, 'path'>[Name & keyof Part<Op, 'path'>], ...Identified<Op, Rest>]
  : [];
type Given<Op extends Operation> = [Part<Op, 'body'>] extends [never]
  ? [Part<Op, 'query'>] extends [never]
    ? []
    : [query?: Part<Op, 'query'>]
  : [body: Part<Op, 'body'>];

/** An operation as a function of the ids in its path, its body or query, and how it is called. */
export type Verb<Op extends Operation> = (
  ...args: [...Identified<Op>, ...Given<Op>, options?: CallOptions]
) => Promise<Answer<Op> extends readonly unknown[] ? Page<Answer<Op>> : Answer<Op>>;

/** Operations as functions, by their names. */
export type Verbs<Of extends Table> = {
  readonly [Name in keyof Of]: Verb<Of[Name]>;
};

type Bare = { [Op in Operation]: Given<Op> extends [] ? Op : never }[Operation];

/** Operations that take neither a body nor a query. */
const BARE: Readonly<Record<Bare, true>> = {
  [SESSIONS.get]: true,
  [SESSIONS.delete]: true,
  [SESSIONS.test]: true,
  [SESSIONS.cancelBulk]: true,
  [SESSIONS.resolveBudget]: true,
  [SESSIONS.limits]: true,
  [SESSIONS.removeLimit]: true,
  [LOGINS.cancel]: true,
  [SOURCES.targets]: true,
  [SOURCES.get]: true,
  [SOURCES.delete]: true,
  [SOURCES.trigger]: true,
  [SOURCES.fileContent]: true,
  [RUNS.get]: true,
  [RUNS.fileContent]: true,
  [RUNS.cancel]: true,
  [KEYS.self]: true,
  'GET /status': true,
  'GET /settings': true,
  'GET /health': true,
  'GET /ready': true,
  'GET /metrics': true,
  'GET /events': true,
};

/** An operation as a function. @internal */
export function verbOf<Op extends Operation>(http: Http, operation: Op): Verb<Op> {
  const names = [...operation.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const field = /^(POST|PUT)/.test(operation) && !operation.includes('/flows/') ? 'body' : 'query';
  const verb = (...args: unknown[]) => {
    const input = {
      path: Object.fromEntries(names.map((name) => [name, args.shift()])),
      ...(!(operation in BARE) && { [field]: args.shift() }),
    };
    return http.call(operation, input as never, args.shift() as CallOptions);
  };
  return verb as Verb<Op>;
}

/** The operations of a table as functions. @internal */
export function verbsOf<Of extends Table>(http: Http, table: Of): Verbs<Of> {
  const verbs = Object.entries(table).map(([name, operation]) => [name, verbOf(http, operation)]);
  return Object.fromEntries(verbs);
}
