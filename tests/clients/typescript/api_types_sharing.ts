import type { Schema } from './api_types_generator.js';

type Schemas = Readonly<Record<string, Schema>>;

/** A type with all fields of another one optional, which no JSON schema can express. */
export const PARTIAL = 'x-partial';

/** Below this, a reference is hardly shorter than the fields. */
const MIN_SHARED_FIELDS = 3;

/**
 * The schemas, with those fields only once that several have in common: an object which has all fields of a named schema
 * becomes that schema and what else it has. The package of the client would be half as large again with them repeated.
 */
export function withoutRepeats(schemas: Schemas): Record<string, Schema> {
  const named: Schemas = { ...partsOf(schemas), ...schemas };
  const parts = Object.keys(partsOf(schemas));
  const bases = Object.entries(named)
    .filter(([name, schema]) => parts.includes(name) || fieldsOf(schema).length >= MIN_SHARED_FIELDS)
    .filter(([name]) => name !== 'Operations')
    .sort(([, a], [, b]) => fieldsOf(b).length - fieldsOf(a).length);
  return Object.fromEntries(
    Object.entries(named).map(([name, schema]) => [name, shared(schema, bases, name)]),
  );
}

/** Schemas that the document does not name, by names of the client's. */
function partsOf({ Operations, ...documented }: Schemas): Schemas {
  const within = (schema: Schema | undefined, ...path: string[]) =>
    path.reduce((found, name) => (name === '[]' ? found?.items : found?.properties?.[name]), schema) ?? {};
  const part = (...path: string[]) => within(Operations, ...path);
  return {
    Role: part('POST /keys', 'body', 'role'),
    Target: part('GET /sources', 'query', 'target'),
    RunState: within(documented.RunSummary, 'state'),
    BulkAction: part('POST /sessions/bulk', 'body', 'action'),
    ById: part('GET /runs/{id}', 'path'),
    Search: commonTo(part('GET /leases', 'query'), part('GET /keys', 'query')),
    Proxy: notNull(within(documented.Session, 'proxy')),
    NewProxy: notNull(part('POST /sessions/bulk', 'body', 'proxy')),
    HistoryEntry: commonTo(
      part('GET /sessions/{id}/history', 'answer', '[]'),
      part('GET /events/history', 'answer', '[]'),
    ),
    NewSource: commonTo(part('POST /sources/private', 'body'), part('POST /sources/public', 'body')),
    RunFile: part('GET /runs/{id}/files', 'answer', '[]'),
    Key: part('GET /keys', 'answer', '[]'),
    SessionFilter: part('POST /sessions/bulk', 'body', 'filter'),
    RunQuery: part('GET /sources/{id}/runs', 'query'),
    FileQuery: part('GET /sources/{id}/files', 'query'),
  };
}

function notNull(schema: Schema): Schema {
  return schema.anyOf?.find(({ type }) => type !== 'null') ?? schema;
}

function commonTo(one: Schema, other: Schema): Schema {
  const fields = fieldsOf(one).filter(([name, schema]) => has(other, name, schema, isRequired(one, name)));
  return { ...one, ...only(one, new Set(fields.map(([name]) => name))) };
}

/** The schema, and all within it, in terms of the bases other than the one called `name`. */
function shared(schema: Schema, bases: readonly (readonly [string, Schema])[], name?: string): Schema {
  const parts = Object.entries(schema).map(([keyword, value]) => [
    keyword,
    keyword === 'properties'
      ? Object.fromEntries(fieldsOf(schema).map(([field, type]) => [field, shared(type, bases)]))
      : sharedPart(value, bases),
  ]);
  const whole: Schema = Object.fromEntries(parts);
  for (const [base, baseSchema] of bases) {
    if (base === name) continue;
    if (fieldsOf(baseSchema).length < MIN_SHARED_FIELDS) {
      if (sameType(schema, baseSchema)) return extended(whole, { base, baseSchema });
      continue;
    }
    const isWithin = (required: (field: string) => boolean) =>
      fieldsOf(baseSchema).every(([field, type]) => has(schema, field, type, required(field)));
    if (isWithin((field) => isRequired(baseSchema, field))) return extended(whole, { base, baseSchema });
    if (isWithin(() => false)) return extended(whole, { base, baseSchema, partial: true });
  }
  return whole;
}

function sharedPart(value: unknown, bases: readonly (readonly [string, Schema])[]): unknown {
  if (Array.isArray(value)) return value.map((item) => sharedPart(item, bases));
  return typeof value === 'object' && value !== null ? shared(value as Schema, bases) : value;
}

interface Base {
  readonly base: string;
  readonly baseSchema: Schema;
  readonly partial?: boolean;
}

function extended(schema: Schema, { base, baseSchema, partial }: Base): Schema {
  const own = fieldsOf(schema).filter(([name]) => !(name in (baseSchema.properties ?? {})));
  const reference = partial ? { type: 'object', [PARTIAL]: base } : { $ref: `#/components/schemas/${base}` };
  const rest = { type: 'object', ...only(schema, new Set(own.map(([name]) => name))) };
  const { description } = schema;
  if (own.length === 0) return { ...reference, ...(description !== undefined && { description }) };
  return { ...(description !== undefined && { description }), allOf: [reference, rest] };
}

function only(schema: Schema, names: ReadonlySet<string>): Schema {
  return {
    properties: Object.fromEntries(fieldsOf(schema).filter(([name]) => names.has(name))),
    required: (schema.required ?? []).filter((name) => names.has(name)),
  };
}

const fieldsOf = ({ properties = {} }: Schema) => Object.entries(properties);
const isRequired = ({ required = [] }: Schema, name: string) => required.includes(name);

function has(schema: Schema, name: string, type: Schema, required: boolean): boolean {
  const own = schema.properties?.[name];
  return own !== undefined && isRequired(schema, name) === required && sameType(own, type);
}

/** Descriptions tell nothing apart. */
const sameType = (one: Schema, other: Schema): boolean => plain(one) === plain(other);
const plain = (schema: Schema): string =>
  JSON.stringify(schema, (key, value) =>
    key === 'description' && typeof value === 'string' ? undefined : value,
  );
