import type { Request } from 'express';
import type { z } from 'zod';
import { type InputIssue, InvalidInput } from '../errors.js';
import type { InputFrom, Route } from './route.js';

type Values = Record<string, unknown>;
type Place = 'query' | 'body';

/** The parameters of a request, from wherever the route lets them come. @throws InvalidInput. */
export function readInput(route: Route, req: Request): unknown {
  if (!route.input) return {};
  const from = route.from ?? 'query';
  const query: Values = from === 'body' ? {} : req.query;
  const body = from === 'query' ? {} : bodyValues(req);
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
  throw new InvalidInput([{ loc: ['body'], msg: 'wanted: a JSON object', type: 'dict_type' }]);
}

/** Query and body together. The same parameter in both must say the same. */
function merge(query: Values, body: Values): Values {
  // Without a prototype `__proto__` is a name as any other, and no schema knows it.
  const values: Values = Object.assign(Object.create(null), query);
  for (const [field, value] of Object.entries(body)) {
    if (field in query && !saysTheSame(query[field], value)) {
      const msg = 'given in the query and in the body, and they differ';
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
  if (Array.isArray(values[field]) && issue.code === 'invalid_type') {
    return { loc, msg: 'given more than once', type: 'value_error' };
  }
  const type: unknown = issue.code === 'custom' ? issue.params?.type : issue.code;
  return { loc, msg: issue.message, type: typeof type === 'string' ? type : 'value_error' };
}
