import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PARTIAL, withoutRepeats } from './api_types_sharing.js';

/** The part of a JSON schema that is looked at here. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly [keyword: string]: unknown;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly required?: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

/** The service's OpenAPI document. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Where the client's types are. */
export const API_TYPES = 'clients/typescript/src/api_types.ts';

/**
 * Operations that the client has no use for: other paths of the same ones, and those that give a browser a cookie, where
 * the client sends its key.
 */
function isOmitted(operation: string): boolean {
  return operation === 'POST /session' || / \/(auth|flows(?!\/trigger))\//.test(operation);
}

/** The operations of the document that the client has, such as `GET /status`. */
export function operationsOf({ paths }: OpenApiDocument): string[] {
  const all = Object.entries(paths).flatMap(([path, verbs]) =>
    Object.keys(verbs).map((verb) => `${verb.toUpperCase()} ${path}`),
  );
  return all.filter((operation) => !isOmitted(operation));
}

/**
 * The schemas of the document's operations, reduced to what types express, each operation as an object of its `path`,
 * `query`, `body` and `answer`.
 */
export function schemasOf(document: OpenApiDocument): Record<string, Schema> {
  const operations = operationsOf(document).map((name) => {
    const [method = '', path = ''] = name.split(' ');
    const operation = document.paths[path]?.[method.toLowerCase()];
    if (!operation) throw new Error(`there is no operation ${name}`);
    return [name, operationSchema(operation)] as const;
  });
  const schemas = { Operations: objectOf(Object.fromEntries(operations)) };
  return withoutRepeats({ ...referredTo(schemas, document.components.schemas), ...schemas });
}

/** The schemas that these refer to, also through others, in the order of the document. */
function referredTo(
  from: Readonly<Record<string, Schema>>,
  all: Readonly<Record<string, Schema>>,
): Record<string, Schema> {
  const found = new Set<string>();
  const visit = (schema: unknown) => {
    for (const [, name = ''] of JSON.stringify(schema).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (found.has(name)) continue;
      found.add(name);
      visit(all[name] ?? {});
    }
  };
  visit(from);
  const schemas = Object.entries(all).filter(([name]) => found.has(name));
  return Object.fromEntries(schemas.map(([name, schema]) => [name, typed(schema)]));
}

function operationSchema({ summary, parameters = [], requestBody, responses }: Operation): Schema {
  const group = (where: string): Schema | undefined => {
    const those = parameters.filter((parameter) => parameter.in === where);
    if (those.length === 0) return undefined;
    const fields = those.map(({ name, schema }) => [name, schema] as const);
    const required = those.filter((parameter) => parameter.required).map(({ name }) => name);
    return inputSchema({ type: 'object', properties: Object.fromEntries(fields), required });
  };
  const [, success] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? [];
  const parts = {
    path: group('path'),
    query: group('query'),
    body: requestBody && inputSchema(contentOf(requestBody)),
    answer: answerSchema(success ?? {}),
  };
  const given = Object.entries(parts).flatMap(([name, schema]) => (schema ? [[name, schema] as const] : []));
  // What nothing is required of can be left out.
  const required = given.filter(([name, schema]) => name === 'answer' || schema.required?.length);
  return {
    ...objectOf(Object.fromEntries(given)),
    required: required.map(([name]) => name),
    description: summary,
  };
}

/** What is neither JSON nor text comes as a stream. */
function answerSchema({ content = {} }: Content): Schema {
  const json = content['application/json'];
  if (json?.schema) return typed(json.schema);
  const isText = Object.keys(content).every((type) => type.startsWith('text/'));
  return { type: 'string', ...(!isText && { format: STREAM }) };
}

const contentOf = ({ content = {} }: Content): Schema =>
  (content['multipart/form-data'] ?? content['application/json'])?.schema ?? {};

/** Null stands for an omitted field, which the client omits. */
function inputSchema(schema: Schema): Schema {
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const choices = field.anyOf?.filter(({ type }) => type !== 'null') ?? [];
    const [only = field] = choices.length === 1 ? choices : [];
    const { description = only.description } = field;
    const kept = schema.required?.includes(name) ? field : { ...only, ...(description && { description }) };
    return [name, kept.properties ? inputSchema(kept) : kept] as const;
  });
  return typed({ ...schema, properties: Object.fromEntries(fields) });
}

function objectOf(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties, required: Object.keys(properties) };
}

/** What a type can express, and its description. */
const KEPT = new Set(['$ref', 'type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', 'items', 'properties']);
const ALSO_KEPT = new Set(['required', 'description', 'additionalProperties']);
const FORMATS = new Set(['int64', 'binary']);
/** Of answers. */
const STREAM = 'stream';

function typed(schema: Schema): Schema {
  const entries = Object.entries(schema).filter(([keyword, value]) => {
    // Patterns that must all match are nothing to a type.
    if (keyword === 'allOf') return (value as Schema[]).some((part) => Object.keys(typed(part)).length > 0);
    if (keyword === 'format') return FORMATS.has(String(value));
    // A parameter that may be repeated accepts one value, too; `oneOf` is written by hand where it accepts more.
    if (keyword === 'anyOf') return schema.type === undefined && schema.oneOf === undefined;
    return KEPT.has(keyword) || ALSO_KEPT.has(keyword);
  });
  return Object.fromEntries(entries.map(([keyword, value]) => [keyword, typedPart(keyword, value)]));
}

function typedPart(keyword: string, value: unknown): unknown {
  if (keyword === 'properties') {
    const fields = Object.entries(value as Record<string, Schema>);
    return Object.fromEntries(fields.map(([name, field]) => [name, typed(field)]));
  }
  if (Array.isArray(value)) return value.map((item) => (typeof item === 'object' ? typed(item) : item));
  return typeof value === 'object' && value !== null ? typed(value as Schema) : value;
}

/** Identifies everything of the document that the types depend on. */
export function fingerprint(document: OpenApiDocument): string {
  return createHash('sha256')
    .update(JSON.stringify(schemasOf(document)))
    .digest('hex')
    .slice(0, 32);
}

interface Generator {
  default(document: object, options: object): Promise<unknown>;
  astToString(ast: unknown): string;
}
interface TypeScript {
  readonly factory: {
    createUnionTypeNode(types: unknown[]): unknown;
    createKeywordTypeNode(kind: number): unknown;
    createTypeReferenceNode(name: string): unknown;
  };
  readonly SyntaxKind: Readonly<Record<'NumberKeyword' | 'BigIntKeyword', number>>;
}

/** openapi-typescript, and the TypeScript that it works with; null if the client's packages are not installed. */
export async function findGenerator(): Promise<{ generator: Generator; typescript: TypeScript } | null> {
  const require = createRequire(resolve('clients/typescript/package.json'));
  // Both are CommonJS, whose exports are the default.
  const load = async (name: string) => (await import(pathToFileURL(require.resolve(name)).href)).default;
  try {
    return { generator: await load('openapi-typescript'), typescript: await load('typescript') };
  } catch {
    return null;
  }
}

/** The types of the document as a TypeScript module. @throws Error if the client's packages are not installed. */
export async function apiTypes(document: OpenApiDocument): Promise<string> {
  const found = await findGenerator();
  if (!found) throw new Error('npm ci --prefix clients/typescript installs openapi-typescript');
  const { generator, typescript } = found;
  const { factory, SyntaxKind } = typescript;
  const whole = { openapi: '3.1.0', info: { title: 'TeleGate', version: '1' }, paths: {} };
  const nodes = await generator.default(
    { ...whole, components: { schemas: schemasOf(document) } },
    {
      defaultNonNullable: false,
      transform(schema: Schema) {
        const written = typeText(schema);
        if (written !== null) return factory.createTypeReferenceNode(written);
        if (schema.format !== 'int64') return undefined;
        const kinds = [SyntaxKind.NumberKeyword, SyntaxKind.BigIntKeyword];
        return factory.createUnionTypeNode(kinds.map((kind) => factory.createKeywordTypeNode(kind)));
      },
    },
  );
  const head =
    '/**\n * The operations of the service and their schemas: `npm run client:types` generates them from its OpenAPI document.\n' +
    ` * Fingerprint: ${fingerprint(document)}.\n */\n\n`;
  return formatted(head + exported(generator.astToString(nodes)));
}

/** The type that stands for a schema, where openapi-typescript knows none, or a longer one; null: it does. */
function typeText(schema: Schema): string | null {
  const { format, enum: values = [] } = schema as Schema & { readonly enum?: readonly unknown[] };
  if (format === 'binary') return 'Blob';
  if (format === STREAM) return 'ReadableStream<Uint8Array>';
  if (typeof schema[PARTIAL] === 'string') return `Partial<${schema[PARTIAL]}>`;
  const ascending = values.filter((value) => values.includes(`-${value}`));
  if (ascending.length < 2 || ascending.length * 2 < values.length) return null;
  return `\`\${'' | '-'}\${${ascending.map((value) => `'${value}'`).join(' | ')}}\``;
}

/** Each schema as a type of its own: openapi-typescript nests them in `components`. */
function exported(printed: string): string {
  const [, schemas = ''] = /^ {4}schemas: \{\n(.*?)^ {4}\};$/ms.exec(printed) ?? [];
  return schemas
    .replace(/components\["schemas"\]\["(\w+)"\]/g, '$1')
    .replace(/^ *\/\*\* @(?:constant|enum \{\w+\}) \*\/\n/gm, '')
    .replace(/^ *\* @(?:constant|enum \{\w+\})\n/gm, '')
    .replace(/@description /g, '')
    .replace(/^ {8}(\w+): \{$/gm, 'export interface $1 {')
    .replace(/^ {8}(\w+): /gm, 'export type $1 = ');
}

function formatted(source: string): string {
  const biome = ['node_modules/@biomejs/biome/bin/biome', 'format', `--stdin-file-path=${API_TYPES}`];
  return execFileSync(process.execPath, biome, { input: source, encoding: 'utf8' });
}
