import { ApiError, ServiceUnreachable } from './errors.js';
import type { paths } from './schema.js';

/** Every route is available below this path, and no page is. */
const ROOT = '/api/v1';

type Method = 'get' | 'post' | 'put' | 'delete';

/** The paths that have this method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];

type Operation<M extends Method, P extends PathOf<M>> = paths[P] extends Record<M, infer O> ? O : never;

type Json<R> = R extends { content: { 'application/json': infer Body } } ? Body : never;

/** The body of a successful answer. */
export type Answer<M extends Method, P extends PathOf<M>> =
  Operation<M, P> extends { responses: infer R }
    ? { [S in keyof R & (200 | 201 | 202)]: Json<R[S]> }[keyof R & (200 | 201 | 202)]
    : never;

/** The query parameters of an operation. */
export type Query<M extends Method, P extends PathOf<M>> =
  Operation<M, P> extends { parameters: { query?: infer Q } } ? Exclude<Q, undefined> : never;

/** The JSON body of an operation. */
export type Body<M extends Method, P extends PathOf<M>> =
  Operation<M, P> extends { requestBody?: infer R } ? Json<Exclude<R, undefined>> : never;

interface Ask<Q> {
  /** The values of `{name}` in the path. */
  readonly path?: Readonly<Record<string, string | number>>;
  readonly query?: Q;
  readonly signal?: AbortSignal;
}

interface Send<Q, B> extends Ask<Q> {
  readonly body?: B | FormData;
}

/** What a table asks for. */
export type ListQuery = Readonly<Record<string, string | number>>;

/** A list's page, and how many there are in all. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
}

type RowOf<P extends PathOf<'get'>> = Answer<'get', P> extends readonly (infer Row)[] ? Row : never;

/** Called when the service no longer knows who is signed in. */
let onSignedOut: (error: ApiError) => void = () => {};

/** How often somebody has signed in since the page was opened. */
let signIns = 0;

/** Somebody has signed in: refusals of what was asked before say nothing any more. */
export function signedIn(): void {
  signIns += 1;
}

/** Sets what happens when the service no longer accepts who is signed in. */
export function whenSignedOut(listener: (error: ApiError) => void): void {
  onSignedOut = listener;
}

/** The answer's JSON. @throws ApiError; ServiceUnreachable */
export async function get<P extends PathOf<'get'>>(
  path: P,
  ask: Ask<Query<'get', P>> = {},
): Promise<Answer<'get', P>> {
  return (await read(await request('get', path, ask))) as Answer<'get', P>;
}

/** A page of a list, with the length of the whole. @throws ApiError; ServiceUnreachable */
export async function getPage<P extends PathOf<'get'>>(
  path: P,
  ask: Ask<Query<'get', P> | ListQuery> = {},
): Promise<Page<RowOf<P>>> {
  const answer = await request('get', path, ask);
  const rows = (await read(answer)) as RowOf<P>[];
  return { rows, total: Number(answer.headers.get('X-Total-Count') ?? rows.length) };
}

/** Sends JSON or a form; the answer's JSON. @throws ApiError; ServiceUnreachable */
export async function send<M extends 'post' | 'put' | 'delete', P extends PathOf<M>>(
  method: M,
  path: P,
  what: Send<Query<M, P>, Body<M, P>> = {},
): Promise<Answer<M, P>> {
  return (await read(await request(method, path, what))) as Answer<M, P>;
}

/** The answer as a file. @throws ApiError; ServiceUnreachable */
export async function download<P extends PathOf<'get'>>(
  path: P,
  ask: Ask<Query<'get', P>> = {},
): Promise<Blob> {
  return (await request('get', path, ask)).blob();
}

/** The address of an answer, for links and event streams. */
export function address(path: string, { path: values = {}, query }: Ask<unknown> = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
  const search = new URLSearchParams(
    Object.entries(query ?? {}).flatMap(([name, value]) =>
      [value]
        .flat()
        .flatMap((one) => (one === undefined || one === null || one === '' ? [] : [[name, String(one)]])),
    ),
  ).toString();
  return `${ROOT}${filled}${search && `?${search}`}`;
}

async function request(method: Method, path: string, ask: Send<unknown, unknown>): Promise<Response> {
  const { body, signal } = ask;
  const isForm = body instanceof FormData;
  const askedBy = signIns;
  const answer = await fetch(address(path, ask), {
    method: method.toUpperCase(),
    headers: {
      Accept: 'application/json',
      ...(body !== undefined && !isForm && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    ...(signal && { signal }),
    cache: 'no-store',
    credentials: 'same-origin',
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ServiceUnreachable({ cause: error });
  });
  if (answer.ok) return answer;
  const error = await ApiError.of(answer);
  if (error.signedOut && askedBy === signIns) onSignedOut(error);
  throw error;
}

/** Numbers that a double cannot hold stay exact, as a string: ids of channels and access hashes. */
async function read(answer: Response): Promise<unknown> {
  return JSON.parse(await answer.text(), exact as (key: string, value: unknown) => unknown);
}

function exact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const isInexact = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isInexact ? (context?.source ?? value) : value;
}
