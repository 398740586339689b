import { returnBigInt } from 'telegram/Helpers.js';
import { Api } from 'telegram/tl/index.js';

/** A value of GramJS's TL classes: what the data centre reads, answers and writes. */
export interface TlObject {
  readonly className: string;
  readonly originalArgs: unknown;
}

/** What a method may answer: an object, a Bool, or a vector of objects. */
export type TlResult = TlObject | boolean | readonly TlObject[];

type TlClass = new (args: Record<string, unknown>) => TlObject;

/** `value` as GramJS holds 64-bit and wider integers. */
export function long(value: bigint): Api.long {
  return returnBigInt(value);
}

/** The exact value of a 64-bit or wider integer of GramJS. */
export function exact(value: Api.long): bigint {
  return BigInt(value.toString());
}

/** An instance of GramJS's class `name` (`auth.SentCode`). Throws RangeError if there is none. */
export function instantiate(name: string, args: Record<string, unknown>): TlObject {
  const found = name.split('.').reduce<unknown>(property, Api);
  if (!isClass(found)) throw new RangeError(`no class ${name}`);
  return new found(args);
}

function property(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}

function isClass(value: unknown): value is TlClass {
  return typeof value === 'function';
}
