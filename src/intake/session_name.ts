import { nameRefusal } from './names.js';

/** The longest name that the API gives: a file's name has room for 255 bytes, endings included. */
const maxCharacters = 120;
const maxBytes = 200;

/**
 * Why the API gives no session this name, in plain words that say what is wanted; null: it may. Stricter
 * than what a file found on disk may be called: a single part, and nothing that is easily mistaken.
 */
export function sessionNameRefusal(name: string): string | null {
  if (name.trim() === '') return 'wanted: a name of at least one character';
  if (name !== name.trim()) return 'wanted: no blanks before or after the name';
  if (/^\.+$/.test(name)) return 'wanted: more than dots';
  if (name.startsWith('.')) return 'wanted: no dot at the beginning (the file would be hidden)';
  if (name.includes('/')) return 'wanted: no "/" in the name';
  if (/\.(session|json)$/i.test(name)) return 'wanted: the name without its ending .session or .json';
  if ([...name].length > maxCharacters) return `wanted: at most ${maxCharacters} characters`;
  if (Buffer.byteLength(name) > maxBytes) return `wanted: at most ${maxBytes} bytes of UTF-8`;
  return nameRefusal(name);
}

/** The name as it is compared: names that differ in case or in form only are one name to a reader. */
export function foldedName(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
