import apiText from 'telegram/tl/apiTl.js';
import { parseTl } from 'telegram/tl/generationHelpers.js';
import mtprotoText from 'telegram/tl/schemaTl.js';
import { layer144Text } from './layer_144.js';
import { layer227Text } from './layer_227.js';
import { layer229Text } from './layer_229.js';

/** One argument of a constructor or method (core.telegram.org/mtproto/TL). */
export interface Argument {
  readonly name: string;
  /** Null: the argument is itself a set of flags (`#`). */
  readonly type: string | null;
  readonly isVector: boolean;
  /** Whether the vector is written with its constructor's number (`Vector`) or without (`vector`). */
  readonly boxedVector: boolean;
  /** Whether the type is a bare constructor (`future_salt`), written without its number. */
  readonly bare: boolean;
  /** Where the argument is optional: the flags' name and the bit. */
  readonly flag: { readonly field: string; readonly bit: number } | null;
}

/** One constructor or method. */
export interface Definition {
  /** As GramJS names its class: `auth.SentCode`. */
  readonly name: string;
  readonly id: number;
  readonly args: readonly Argument[];
  readonly isMethod: boolean;
}

/** The definitions of one layer of Telegram's API. */
export interface Schema {
  readonly layer: number;
  readonly byId: ReadonlyMap<number, Definition>;
  readonly byName: ReadonlyMap<string, Definition>;
}

/** The layer of GramJS 2.26.22, `telegram/tl/AllTLObjects`. */
export const currentLayer = 198;

/** What `telegram/tl/generationHelpers` returns for one line of TL. */
interface ParsedLine {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly constructorId: number;
  readonly isFunction: boolean;
  readonly argsConfig: Readonly<Record<string, ParsedArgument>>;
}

interface ParsedArgument {
  readonly type: string | null;
  readonly isVector: boolean;
  readonly useVectorId: boolean | null;
  readonly isFlag: boolean;
  readonly flagName: string | null;
  readonly flagIndex: number;
  readonly flagIndicator: boolean;
}

const coreTypes = new Set(['int', 'long', 'double', 'string', 'bytes', 'true', 'int128', 'int256']);
const current = [...definitions(apiText), ...definitions(mtprotoText)];
// Newest first. Definitions that a layer does not change are read and written as GramJS does.
const schemas: readonly Schema[] = [
  schemaOf(229, [...current, ...definitions(layer229Text)]),
  schemaOf(227, [...current, ...definitions(layer229Text), ...definitions(layer227Text)]),
  schemaOf(currentLayer, current),
  schemaOf(144, [...current, ...definitions(layer144Text)]),
];

/** The newest layer known here that is not newer than `layer`; the oldest one for anything before. */
export function schemaOfLayer(layer: number): Schema {
  const found = schemas.find((schema) => schema.layer <= layer) ?? schemas.at(-1);
  if (found === undefined) throw new RangeError('no schema');
  return found;
}

function schemaOf(layer: number, all: readonly Definition[]): Schema {
  return {
    layer,
    byId: new Map(all.map((definition) => [definition.id, definition])),
    byName: new Map(all.map((definition) => [definition.name, definition])),
  };
}

function definitions(text: string): Definition[] {
  const lines: Iterable<ParsedLine> = parseTl(text, String(currentLayer));
  return Array.from(lines, (line) => ({
    name: line.namespace ? `${line.namespace}.${line.name}` : line.name,
    id: line.constructorId,
    isMethod: line.isFunction,
    args: Object.entries(line.argsConfig).map(([name, parsed]) => argument(name, parsed)),
  }));
}

function argument(name: string, parsed: ParsedArgument): Argument {
  const type = parsed.flagIndicator ? null : parsed.type;
  const bareName = type?.split('.').at(-1) ?? '';
  return {
    name,
    type,
    isVector: parsed.isVector,
    boxedVector: parsed.useVectorId === true,
    bare: type !== null && !coreTypes.has(type) && (/^[a-z]/.test(bareName) || type === 'FutureSalt'),
    flag:
      parsed.isFlag && parsed.flagName !== null ? { field: parsed.flagName, bit: parsed.flagIndex } : null,
  };
}
