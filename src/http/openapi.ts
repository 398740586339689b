import { z } from 'zod';
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import type { FileSpec, Route } from './route.js';

const errorAnswer = z
  .object({
    detail: z.union([
      z.string(),
      z.looseObject({ error: z.string() }),
      z.array(z.object({ loc: z.array(z.union([z.string(), z.int()])), msg: z.string(), type: z.string() })),
    ]),
    code: z.string().meta({
      description: 'Which error it is: stable, for programs to branch on',
      example: 'session_not_found',
    }),
    field: z.string().optional().meta({ description: 'The field of the request that is wrong' }),
  })
  .meta({ id: 'Error' });

/** Errors that any route with a key, or with parameters, may answer with. */
const COMMON = {
  401: 'No API key came with the request',
  403: 'The API key is unknown, or its role is not allowed to do this',
  422: 'A parameter is missing or invalid',
} as const;

const COUNTED = {
  'X-Total-Count': {
    description: 'How many items match, on all pages',
    schema: { type: 'integer', minimum: 0 },
    example: 1234,
  },
};

/** The OpenAPI 3.1 document of these routes, generated from the schemas that validate them. */
export function createOpenApi(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'TeleGate',
      version,
      description: 'Leases Telegram sessions to workers: never one session to two workers at once.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    security: [{ key: [] }, { bearer: [] }],
    paths: paths as ZodOpenApiPathsObject,
    components: {
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        bearer: { type: 'http', scheme: 'bearer' },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: 'telegate_…',
          description:
            'Set by `POST /auth/sign-in`, for browsers. With it, only pages of the service itself may send requests that change something.',
        },
      },
    },
  });
}

function operation(route: Route): object {
  const { tag, summary, description, access, input, params, file, from = 'query' } = route;
  const roles = access === 'public' ? 'Anyone.' : `Roles: ${[...new Set([...access, 'admin'])].join(', ')}.`;
  return {
    tags: [tag],
    summary,
    description: [description, roles].filter(Boolean).join('\n\n'),
    operationId: `${route.method}${route.path.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    ...(access === 'public' ? { security: [] } : {}),
    ...(route.audit && { 'x-audit-action': route.audit.action }),
    requestParams: { ...(params && { path: params }), ...(input && from === 'query' && { query: input }) },
    ...((file ?? (input && from !== 'query')) && { requestBody: { content: bodies(route) } }),
    responses: responses(route),
  };
}

function bodies({ input = z.object({}), from = 'query', file }: Route): object {
  const schema = { schema: input };
  const json = { schema: withNull(input) };
  const fields = from === 'query' ? z.object({}) : input;
  return {
    ...(from !== 'query' && { 'application/json': json }),
    ...(from === 'any' && { 'application/x-www-form-urlencoded': schema }),
    ...(file && { 'multipart/form-data': { schema: withFile(fields, file) } }),
  };
}

/** In JSON, an optional field may be null, which counts as not given. */
function withNull(input: z.ZodObject<z.ZodRawShape>): z.ZodObject<z.ZodRawShape> {
  const optional = Object.entries(input.shape).filter(([, field]) => z.safeParse(field, undefined).success);
  return input.safeExtend(Object.fromEntries(optional.map(([name, field]) => [name, z.nullable(field)])));
}

function withFile(fields: z.ZodObject<z.ZodRawShape>, { field, description }: FileSpec): z.ZodType {
  const override = { type: 'string', format: 'binary', ...(description && { description }) } as const;
  return fields.safeExtend({ [field]: z.unknown().optional().meta({ override }) });
}

function responses(route: Route): object {
  const own = Object.entries(route.responses).map(([status, spec]) => {
    const schema = spec.schema ?? (Number(status) >= 400 ? errorAnswer : undefined);
    const content = { [spec.contentType ?? 'application/json']: schema ? { schema } : {} };
    return [status, { description: spec.description, ...(spec.counted && { headers: COUNTED }), content }];
  });
  const applies = (status: string) =>
    status === '422' ? Boolean(route.input ?? route.params) : route.access !== 'public';
  const common = Object.entries(COMMON)
    .filter(([status]) => applies(status) && !(status in route.responses))
    .map(([status, text]) => [
      status,
      { description: text, content: { 'application/json': { schema: errorAnswer } } },
    ]);
  return Object.fromEntries([...own, ...common]);
}
