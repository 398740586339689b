import { toLittleEndian } from '../crypto/integers.js';
import type { Argument, Definition, Schema } from './schema.js';
import type { TlObject, TlResult } from './values.js';

const VECTOR = 0x1cb5c415;
const BOOL_TRUE = 0x997275b5;
const BOOL_FALSE = 0xbc799737;

/**
 * Writes `value` as `schema`'s layer does (core.telegram.org/mtproto/serialize). Fields that this layer lacks
 * are left out, and those it still wants but newer ones dropped are written empty. Throws RangeError for
 * an object the layer does not have.
 */
export function encode(value: TlResult, schema: Schema): Buffer {
  if (typeof value === 'boolean') return uint(value ? BOOL_TRUE : BOOL_FALSE);
  if (!isVector(value)) return object(value, schema, false);
  return Buffer.concat([
    uint(VECTOR),
    uint(value.length),
    ...value.map((item) => object(item, schema, false)),
  ]);
}

/** `value` as TL's `bytes` or `string`. */
export function encodeBytes(value: Buffer): Buffer {
  const head =
    value.length < 254
      ? Buffer.from([value.length])
      : Buffer.concat([Buffer.from([254]), uint24(value.length)]);
  const written = head.length + value.length;
  return Buffer.concat([head, value], written + ((4 - (written % 4)) % 4));
}

/** `value` as TL's `int`, unsigned. */
export function uint(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint24(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(3);
  bytes.writeUIntLE(value, 0, 3);
  return bytes;
}

function object(value: TlObject, schema: Schema, bare: boolean): Buffer {
  const definition = schema.byName.get(value.className);
  if (definition === undefined) throw new RangeError(`layer ${schema.layer} has no ${value.className}`);
  const fields = fieldsOf(value);
  const parts = bare ? [] : [uint(definition.id)];
  for (const argument of definition.args) {
    if (argument.type === null) parts.push(uint(flagsOf(definition, argument.name, fields)));
    else if (argument.flag === null || isPresent(argument, fields[argument.name])) {
      parts.push(field(argument, argument.type, fields[argument.name], schema));
    }
  }
  return Buffer.concat(parts);
}

function flagsOf(definition: Definition, name: string, fields: Readonly<Record<string, unknown>>): number {
  let flags = 0;
  for (const argument of definition.args) {
    if (argument.flag?.field === name && isPresent(argument, fields[argument.name])) {
      flags |= 1 << argument.flag.bit;
    }
  }
  return flags >>> 0;
}

/** An optional Bool that is false is written; a flag that is false is not. */
function isPresent(argument: Argument, value: unknown): boolean {
  return value !== undefined && value !== null && (value !== false || argument.type === 'Bool');
}

function field(argument: Argument, type: string, value: unknown, schema: Schema): Buffer {
  if (!argument.isVector) return single(argument, type, value, schema);
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const head = argument.boxedVector ? [uint(VECTOR)] : [];
  return Buffer.concat([
    ...head,
    uint(items.length),
    ...items.map((item) => single(argument, type, item, schema)),
  ]);
}

function single(argument: Argument, type: string, value: unknown, schema: Schema): Buffer {
  switch (type) {
    case 'int':
      return uint(Math.trunc(Number(value ?? 0)) >>> 0);
    case 'long':
      return toLittleEndian(BigInt(String(value ?? 0)), 8);
    case 'int128':
      return toLittleEndian(BigInt(String(value ?? 0)), 16);
    case 'int256':
      return toLittleEndian(BigInt(String(value ?? 0)), 32);
    case 'double':
      return double(Number(value ?? 0));
    case 'string':
    case 'bytes':
      return encodeBytes(Buffer.isBuffer(value) ? value : Buffer.from(String(value ?? ''), 'utf8'));
    case 'true':
      return Buffer.alloc(0);
    case 'Bool':
      return uint(value === true ? BOOL_TRUE : BOOL_FALSE);
    default:
      if (!isObject(value)) throw new RangeError(`${argument.name} is missing`);
      return object(value, schema, argument.bare);
  }
}

function double(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

/** GramJS's message classes read their fields through getters; the arguments are as they were given. */
function fieldsOf(value: TlObject): Readonly<Record<string, unknown>> {
  const args = value.originalArgs;
  return typeof args === 'object' && args !== null ? { ...args } : {};
}

function isVector(value: TlObject | readonly TlObject[]): value is readonly TlObject[] {
  return Array.isArray(value);
}

function isObject(value: unknown): value is TlObject {
  return typeof value === 'object' && value !== null && 'className' in value && 'originalArgs' in value;
}
