import { execFileSync } from 'node:child_process';

/** The part of a JSON schema that Prefect uses. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
}

interface Content {
  readonly content?: { readonly 'application/json'?: { readonly schema?: Schema } };
}

interface Operation {
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

/** An OpenAPI document. */
export interface OpenApiDocument {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** The operations whose types are generated, as `METHOD path`: those that the client has. */
export const OPERATIONS = [
  'GET /admin/version',
  'POST /flows/',
  'GET /work_pools/{name}',
  'POST /work_pools/',
  'POST /work_pools/{work_pool_name}/workers/heartbeat',
  'POST /work_pools/{name}/get_scheduled_flow_runs',
  'POST /deployments/',
  'GET /deployments/{id}',
  'GET /deployments/name/{flow_name}/{deployment_name}',
  'POST /deployments/filter',
  'PATCH /deployments/{id}',
  'DELETE /deployments/{id}',
  'POST /deployments/{id}/schedules',
  'PATCH /deployments/{id}/schedules/{schedule_id}',
  'DELETE /deployments/{id}/schedules/{schedule_id}',
  'POST /deployments/{id}/create_flow_run',
  'GET /flow_runs/{id}',
  'POST /flow_runs/filter',
  'PATCH /flow_runs/{id}',
  'DELETE /flow_runs/{id}',
  'POST /flow_runs/{id}/set_state',
  'POST /logs/',
  'POST /artifacts/',
  'POST /artifacts/filter',
  'PATCH /artifacts/{id}',
  'POST /events',
];

/** The types of these operations and of the schemas that they use, as a TypeScript module in the style of the project. */
export function apiTypes(document: OpenApiDocument, operations: readonly string[] = OPERATIONS): string {
  const { schemas } = document.components;
  const found = operations.map((name) => operationOf(document, name));
  const sent = reachable(
    found.map(({ body }) => body),
    schemas,
  );
  const received = reachable(
    found.map(({ answer }) => answer),
    schemas,
  );
  const types = [...new Set([...sent, ...received])].sort().map((ref) => {
    // The server writes every field of an answer, also those that have a default.
    const schema = schemas[ref] ?? {};
    const type = typeOf(
      sent.has(ref) ? schema : { ...schema, required: Object.keys(schema.properties ?? {}) },
    );
    return `export type ${nameOf(ref)} = ${type};`;
  });
  const lines = found.map(({ name, body, answer }) => {
    return `${JSON.stringify(name)}: { body: ${typeOrUndefined(body)}; answer: ${typeOrUndefined(answer)} };`;
  });
  return formatted(
    [
      `/** The schemas of Prefect ${document.info.version}'s REST API, and the operations that use them: \`npm run prefect:types\`. */`,
      `export interface Operations {\n${lines.join('\n')}\n}`,
      ...types,
    ].join('\n\n'),
  );
}

function operationOf({ paths }: OpenApiDocument, name: string) {
  const [method = '', path = ''] = name.split(' ');
  const operation = paths[path]?.[method.toLowerCase()];
  if (!operation) throw new Error(`Prefect has no operation ${name}`);
  const [, success = {}] =
    Object.entries(operation.responses).find(([status]) => status.startsWith('2')) ?? [];
  return { name, body: schemaOf(operation.requestBody), answer: schemaOf(success) };
}

function schemaOf(content: Content | undefined): Schema | null {
  return content?.content?.['application/json']?.schema ?? null;
}

/** The schemas that these refer to, also through others. */
function reachable(from: readonly (Schema | null)[], schemas: Readonly<Record<string, Schema>>): Set<string> {
  const found = new Set<string>();
  const visit = (schema: unknown) => {
    for (const [, ref = ''] of JSON.stringify(schema).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (found.has(ref)) continue;
      found.add(ref);
      visit(schemas[ref] ?? {});
    }
  };
  visit(from);
  return found;
}

function typeOrUndefined(schema: Schema | null): string {
  return schema ? typeOf(schema) : 'undefined';
}

/** A schema as a type. */
function typeOf(schema: Schema): string {
  const { $ref, const: constant, enum: values, anyOf, oneOf, allOf, items, type } = schema;
  if ($ref) return nameOf($ref.slice($ref.lastIndexOf('/') + 1));
  if (constant !== undefined) return JSON.stringify(constant);
  if (values) return values.map((value) => JSON.stringify(value)).join(' | ');
  if (allOf) return allOf.map(typeOf).join(' & ');
  const choices = anyOf ?? oneOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(' | ');
  if (type === 'array') return `readonly (${typeOf(items ?? {})})[]`;
  if (type === 'object' || schema.properties) return objectType(schema);
  return PLAIN[type ?? ''] ?? 'unknown';
}

const PLAIN: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

function objectType({ properties, required = [], additionalProperties }: Schema): string {
  if (!properties) {
    const values = typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown';
    return `{ readonly [key: string]: ${values} }`;
  }
  const fields = Object.entries(properties).map(([name, schema]) => {
    const optional = required.includes(name) ? '' : '?';
    return `readonly ${JSON.stringify(name)}${optional}: ${typeOf(schema)};`;
  });
  return `{\n${fields.join('\n')}\n}`;
}

function nameOf(ref: string): string {
  return ref.replace(/\W/g, '_');
}

function formatted(source: string): string {
  const biome = [
    'node_modules/@biomejs/biome/bin/biome',
    'format',
    '--stdin-file-path=src/prefect/api_types.ts',
  ];
  return execFileSync(process.execPath, biome, { input: source, encoding: 'utf8' });
}
