import type { Request } from 'express';
import { z } from 'zod';
import { type InputIssue, InvalidInput } from '../kernel/errors.js';
import type { InputFrom, Route } from './route.js';

type Values = Record<string, unknown>;
type Shape = z.ZodObject<z.ZodRawShape>;
type Place = 'query' | 'body';

/**
 * The parameters of a request, from the places that the route allows. An optional one that is JSON null, or empty in
 * a form or query, counts as not given. @throws InvalidInput.
 */
export function readInput(route: Route, req: Request): unknown {
  if (!route.input) return {};
  const from = route.from ?? 'query';
  const query = from === 'body' ? {} : givenInQuery(route.input, req.query);
  const body = from === 'query' ? {} : givenInBody(route.input, req);
  const values = merge(query, body);
  const place = (field: string): Place =>
    field in body ? 'body' : field in query ? 'query' : fallback(from);
  return parse(route.input, values, place);
}

/** The parameters in a request's path. @throws InvalidInput. */
export function readParams(route: Route, req: Request): unknown {
  return route.params ? parse(route.params, req.params, () => 'path') : {};
}

function fallback(from: InputFrom): Place {
  return from === 'body' ? 'body' : 'query';
}

function bodyValues(req: Request): Values {
  const body: unknown = req.body;
  if (body === undefined) return {};
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Values;
  throw new InvalidInput([{ loc: ['body'], msg: 'expected a JSON object', type: 'dict_type' }]);
}

/** An empty field counts as not given, except for a flag: bare, as in `?dry_run`, it means yes. */
function givenInQuery({ shape }: Shape, query: Values): Values {
  return given(shape, query, (value, schema) =>
    value === '' && z.safeParse(schema, value).success ? value : withoutEmpty(value),
  );
}

function givenInBody({ shape }: Shape, req: Request): Values {
  const isJson = Boolean(req.is('json'));
  return given(shape, bodyValues(req), isJson ? (value) => value ?? undefined : withoutEmpty);
}

/** The values without empty optional fields: `said` is undefined for those. */
function given(
  shape: z.ZodRawShape,
  values: Values,
  said: (value: unknown, schema: z.core.$ZodType) => unknown,
): Values {
  // Without a prototype, `__proto__` is an ordinary name.
  const kept: Values = Object.create(null);
  for (const [field, value] of Object.entries(values)) {
    const schema = Object.hasOwn(shape, field) ? shape[field] : undefined;
    const meant = schema ? said(value, schema) : value;
    const isLeftOut = schema && meant === undefined && z.safeParse(schema, undefined).success;
    if (!isLeftOut) kept[field] = meant ?? value;
  }
  return kept;
}

/** The value of a form field; undefined: empty each time that it was given. */
function withoutEmpty(value: unknown): unknown {
  if (!Array.isArray(value)) return value === '' ? undefined : value;
  const filled = value.filter((item) => item !== '');
  return filled.length === 0 ? undefined : filled;
}

/** Merges query and body. A parameter in both must have the same value. */
function merge(query: Values, body: Values): Values {
  const values: Values = Object.assign(Object.create(null), query);
  for (const [field, value] of Object.entries(body)) {
    if (field in query && !saysTheSame(query[field], value)) {
      const msg = 'given in the query and in the body, with different values';
      throw new InvalidInput([{ loc: ['body', field], msg, type: 'value_error' }]);
    }
    values[field] = value;
  }
  return values;
}

function saysTheSame(inQuery: unknown, inBody: unknown): boolean {
  const isNumber = typeof inBody === 'number' || typeof inBody === 'bigint';
  return inQuery === inBody || (isNumber && inQuery === String(inBody));
}

function parse(schema: z.ZodType, values: Values, place: (field: string) => string): unknown {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  throw new InvalidInput(result.error.issues.map((issue) => described(issue, values, place)));
}

function described(issue: z.core.$ZodIssue, values: Values, place: (field: string) => string): InputIssue {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const field = String(path[0] ?? '');
  const loc = [place(field), ...path];
  if (field !== '' && values[field] === undefined) return { loc, msg: 'Field required', type: 'missing' };
  if (Array.isArray(values[field]) && path.length === 1 && issue.code === 'invalid_type') {
    return { loc, msg: 'given more than once', type: 'value_error' };
  }
  const type: unknown = issue.code === 'custom' ? issue.params?.type : issue.code;
  return { loc, msg: issue.message, type: typeof type === 'string' ? type : 'value_error' };
}
