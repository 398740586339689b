import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { ApiKey, Role } from '../kernel/api_key.js';
import type { Uploads } from './uploads.js';

export type Method = 'get' | 'post' | 'put' | 'delete';

/** Where a route's parameters may come from: the query only, or query, form and JSON. */
export type InputFrom = 'query' | 'any' | 'body';

/** A handler's answer. */
export interface Reply {
  readonly status?: number;
  /** Text and bytes are sent unchanged, anything else as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The audit log entry instead of the declared one; null: nothing to record. */
  readonly audit?: { readonly action?: string; readonly object?: string | null } | null;
}

/** A validated request. */
export interface Parsed<Input, Params> {
  readonly input: Input;
  readonly params: Params;
}

/** The session that a route is about. */
export interface SessionSpec<Input, Params> {
  id(request: Parsed<Input, Params>): number;
  /** The answer for a key limited to tags that may not see the session: as if it did not exist. Default: 404. */
  unseen?(id: number): Reply;
}

/** The audit log entry when an admin has used the route. Never a secret. */
export interface AuditSpec<Input, Params> {
  /** Such as `session.delete`. */
  readonly action: string;
  /** Its object, such as `session:42`; omitted: none named by the request. */
  object?(request: Parsed<Input, Params>): string | null;
}

export interface ResponseSpec {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** `text/plain` and the like; JSON unless given. */
  readonly contentType?: string;
  /** It is a page of a list: `X-Total-Count` says how many items match, on all pages. */
  readonly counted?: boolean;
}

/** The one file that a route takes, in a multipart form. */
export interface FileSpec {
  /** The form's field. */
  readonly field: string;
  /** The largest that is taken. */
  readonly maxBytes: number;
  /** Where it is received. */
  readonly uploads: Uploads;
  readonly description?: string;
}

/** A file that came with a request. */
export interface UploadedFile {
  readonly field: string;
  /** As the sender calls it: never a path, and never to be used as one. */
  readonly name: string;
  /**
   * Reads the file and gives it to `work`, which must keep nothing of it; to be called once. Others wait for that:
   * of all files, one at a time is in memory.
   */
  use<Result>(work: (bytes: Buffer) => Result | Promise<Result>): Promise<Result>;
  /** Removes the file; done for the handler when it ends. */
  leave(): Promise<void>;
}

/** What a handler is given: the input as its schema made it, and who sent it. */
export interface Context<Input, Params> {
  readonly input: Input;
  readonly params: Params;
  /** Null: none came, or the route takes none. */
  readonly file: UploadedFile | null;
  readonly key: ApiKey;
  readonly req: Request;
  readonly res: Response;
}

type Shape = z.ZodObject<z.ZodRawShape>;

/** A route as a feature declares it: from this one thing come its validation, its types and its documentation. */
export interface RouteSpec<Input extends Shape, Params extends Shape> {
  readonly method: Method;
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** The roles that may call it (an admin always may); `public`: anyone. */
  readonly access: 'public' | readonly Role[];
  readonly from?: InputFrom;
  /** A GET that changes something; HEAD, whose response has no body, is refused. */
  readonly refuseHead?: boolean;
  readonly input?: Input;
  readonly params?: Params;
  readonly session?: SessionSpec<z.output<Input>, z.output<Params>>;
  /** Every action that only an admin may take has it. */
  readonly audit?: AuditSpec<z.output<Input>, z.output<Params>>;
  /** One file may come along, in a multipart form; the handler says whether it must. */
  readonly file?: FileSpec;
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  /** Answers, or (undefined) has answered by itself. */
  handle(context: Context<z.output<Input>, z.output<Params>>): Promise<Reply | undefined> | Reply | undefined;
}

/** A route whose types have done their work. */
export interface Route extends Omit<RouteSpec<Shape, Shape>, 'handle' | 'session' | 'audit'> {
  readonly session?: SessionSpec<unknown, unknown>;
  readonly audit?: AuditSpec<unknown, unknown>;
  handle(context: Context<unknown, unknown>): Promise<Reply | undefined> | Reply | undefined;
}

/** Declares a route; the handler's types follow from its schemas. */
export function defineRoute<Input extends Shape, Params extends Shape>(
  spec: RouteSpec<Input, Params>,
): Route {
  return spec as unknown as Route;
}

/** The answer with a page of a list; `total`: how many items there are on all pages. */
export function pageOf(items: readonly unknown[], total: number): Reply {
  return { body: items, headers: { 'X-Total-Count': String(total) } };
}
