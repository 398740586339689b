import { unzipSync } from 'node:zlib';
import { littleEndianInteger } from '../crypto/integers.js';
import type { Argument, Definition, Schema } from './schema.js';
import { instantiate, long, type TlObject } from './values.js';

/** The bytes are not TL of that layer, or end too early. */
export class TlReadError extends Error {
  override readonly name = 'TlReadError';

  constructor(
    message: string,
    /** The unknown constructor's number, if that was the reason. */
    readonly constructorId: number | null = null,
  ) {
    super(message);
  }
}

const VECTOR = 0x1cb5c415;
const BOOL_TRUE = 0x997275b5;
const BOOL_FALSE = 0xbc799737;
const GZIP_PACKED = 0x3072cfa1;
/** More than any request contains, and small enough that a false length does no harm. */
const MAX_VECTOR = 100_000;
const MAX_UNPACKED = 2 ** 24;

/** Reads TL from `data` (core.telegram.org/mtproto/serialize), numbers as of `schema`'s layer. */
export class TlReader {
  offset = 0;

  constructor(
    readonly data: Buffer,
    readonly schema: Schema,
  ) {}

  /** The next `length` bytes. Throws TlReadError if there are fewer. */
  take(length: number): Buffer {
    const end = this.offset + length;
    if (length < 0 || end > this.data.length) throw new TlReadError('the message ends too early');
    const bytes = this.data.subarray(this.offset, end);
    this.offset = end;
    return bytes;
  }

  int(): number {
    return this.take(4).readInt32LE();
  }

  uint(): number {
    return this.take(4).readUInt32LE();
  }

  long(): bigint {
    return this.take(8).readBigInt64LE();
  }

  bytes(): Buffer {
    const short = this.take(1).readUInt8();
    const length = short === 254 ? this.take(3).readUIntLE(0, 3) : short;
    const value = this.take(length);
    const written = length + (short === 254 ? 4 : 1);
    this.take((4 - (written % 4)) % 4);
    return value;
  }

  /** The next object with its number, unpacked if it is packed. */
  object(): TlObject {
    const id = this.uint();
    if (id === GZIP_PACKED) return new TlReader(gunzip(this.bytes()), this.schema).object();
    const definition = this.schema.byId.get(id);
    if (definition === undefined) {
      throw new TlReadError(`no constructor ${id.toString(16)} in layer ${this.schema.layer}`, id);
    }
    return this.#fields(definition);
  }

  #fields(definition: Definition): TlObject {
    const args: Record<string, unknown> = {};
    const flags = new Map<string, number>();
    for (const argument of definition.args) {
      if (argument.type === null) {
        flags.set(argument.name, this.int());
      } else if (argument.flag === null || isSet(flags.get(argument.flag.field), argument.flag.bit)) {
        args[argument.name] = this.#value(argument, argument.type);
      }
    }
    return instantiate(definition.name, args);
  }

  #value(argument: Argument, type: string): unknown {
    if (!argument.isVector) return this.#single(argument, type);
    if (argument.boxedVector && this.uint() !== VECTOR) throw new TlReadError('a vector was expected');
    const length = this.uint();
    if (length > MAX_VECTOR) throw new TlReadError('the vector is too long');
    return Array.from({ length }, () => this.#single(argument, type));
  }

  #single(argument: Argument, type: string): unknown {
    switch (type) {
      case 'int':
        return this.int();
      case 'long':
        return long(this.long());
      case 'int128':
        return long(littleEndianInteger(this.take(16)));
      case 'int256':
        return long(littleEndianInteger(this.take(32)));
      case 'double':
        return this.take(8).readDoubleLE();
      case 'string':
        return this.bytes().toString('utf8');
      case 'bytes':
        return Buffer.from(this.bytes());
      case 'true':
        return true;
      case 'Bool':
        return this.#bool();
      default:
        return argument.bare ? this.#bareObject(type) : this.object();
    }
  }

  #bool(): boolean {
    const id = this.uint();
    if (id !== BOOL_TRUE && id !== BOOL_FALSE) throw new TlReadError('a Bool was expected');
    return id === BOOL_TRUE;
  }

  #bareObject(type: string): TlObject {
    const definition = this.schema.byName.get(type);
    if (definition === undefined) throw new TlReadError(`no bare ${type}`);
    return this.#fields(definition);
  }
}

/** Unpacks `gzip_packed`: gzip, or zlib as mtcute has it. Throws if it is neither, or many times larger than any request. */
export function gunzip(packed: Buffer): Buffer {
  return unzipSync(packed, { maxOutputLength: MAX_UNPACKED });
}

function isSet(flags: number | undefined, bit: number): boolean {
  return flags !== undefined && ((flags >>> bit) & 1) === 1;
}
