import { BadRequest } from '../errors.js';

/** As `extensionOf` finds them: of a name's parts only the last one counts. */
const EXTENSION = /^[\p{L}\p{M}\p{N}]{1,16}$/u;

/**
 * Extensions as they are compared: lower case, without dots and spaces around them, each once.
 * @throws BadRequest for what is no extension.
 */
export function normaliseFileTypes(given: readonly string[]): string[] {
  const types = given.map((type) => type.trim().replace(/^\.+/, '').normalize('NFC').toLowerCase());
  if (types.every((type) => EXTENSION.test(type))) return [...new Set(types)];
  throw new BadRequest('file_types: wanted: extensions such as pdf or .zip');
}
