import { dirname } from 'node:path';

/** A session's name, or why a file can't have one. */
export type Naming = { readonly name: string } | { readonly refused: string };

/** Which of a session's two files a path names. */
export type FileKind = 'session' | 'json';

/** The longest file name that common file systems take, in bytes of UTF-8. */
const MAX_PART_BYTES = 255;

/** The longest whole name, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 1024;

/** The maximum length of a name given through the API: file names have room for 255 bytes, extensions included. */
const MAX_GIVEN_CHARACTERS = 120;
const MAX_GIVEN_BYTES = 200;

/** Most names; accepting them in one step keeps a walk over many files quick. */
const PLAIN_NAME = /^[\w@+-]{1,60}(?:\/[\w@+-]{1,60}){0,5}$/;

/** Which of a session's files it would be, by its extension; null: neither. */
export function fileKind(path: string): FileKind | null {
  if (path.endsWith('.session')) return 'session';
  return path.endsWith('.json') ? 'json' : null;
}

/**
 * The name of the session that a file belongs to: its path relative to the sessions directory, with `/` between the
 * parts, without its extension; `X/X` is just `X`. Refused if it can't be turned back into a file name.
 */
export function nameOf(path: string): Naming {
  const kind = fileKind(path);
  if (kind === null) return { refused: 'neither .session nor .json' };
  const stem = path.slice(0, -(kind.length + 1));
  const refused = nameRefusal(stem);
  if (refused !== null) return { refused };
  const half = stem.length >> 1;
  const doubled =
    stem[half] === '/' && stem.slice(0, half) === stem.slice(half + 1) && !stem.slice(0, half).includes('/');
  return { name: doubled ? stem.slice(0, half) : stem };
}

/** Why this can't be a session's name; null: it can. */
export function nameRefusal(name: string): string | null {
  if (PLAIN_NAME.test(name)) return null;
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `name over ${MAX_NAME_BYTES} bytes`;
  const parts = name.split('/');
  for (const part of parts) {
    const refused = partRefusal(part);
    if (refused !== null) return refused;
  }
  const fileName = `${parts.at(-1)}.session`;
  return Buffer.byteLength(fileName) > MAX_PART_BYTES ? `file name over ${MAX_PART_BYTES} bytes` : null;
}

/** Why this can't be one part of a session's name, between two slashes; null: it can. */
export function partRefusal(part: string): string | null {
  if (part === '') return 'empty name';
  if (part === '.' || part === '..') return `"${part}" is not a name`;
  if (part.startsWith('.')) return 'hidden file';
  if (/\p{Cc}/u.test(part)) return 'control characters in the name';
  if (/[\uFFFD\p{Cs}]/u.test(part)) return 'name is not valid UTF-8';
  if (part.includes('\\')) return 'backslash in the name';
  return Buffer.byteLength(part) > MAX_PART_BYTES ? `name over ${MAX_PART_BYTES} bytes` : null;
}

/**
 * Why the API rejects this name, in words that say what is expected; null: it accepts it. Stricter than for files
 * found on disk: a single part, and nothing that is easily mistaken.
 */
export function sessionNameRefusal(name: string): string | null {
  if (name.trim() === '') return 'expected a name of at least one character';
  if (name !== name.trim()) return 'expected no spaces before or after the name';
  if (/^\.+$/.test(name)) return 'expected more than dots';
  if (name.startsWith('.')) return 'expected no dot at the beginning (the file would be hidden)';
  if (name.includes('/')) return 'expected no "/" in the name';
  if (/\.(session|json)$/i.test(name)) return 'expected the name without its ending .session or .json';
  if ([...name].length > MAX_GIVEN_CHARACTERS) return `expected at most ${MAX_GIVEN_CHARACTERS} characters`;
  if (Buffer.byteLength(name) > MAX_GIVEN_BYTES) return `expected at most ${MAX_GIVEN_BYTES} bytes of UTF-8`;
  return nameRefusal(name);
}

/** A name in the form in which names are compared: two that differ only in case or Unicode composition are the same. */
export function foldName(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

/** The paths that a session of this name can have, in the order a walk meets them. */
export function pathsOf(name: string): { readonly kind: FileKind; readonly path: string }[] {
  const stems = name.includes('/') ? [name] : [name, `${name}/${name}`];
  return stems.flatMap((stem) => [
    { kind: 'session', path: `${stem}.session` },
    { kind: 'json', path: `${stem}.json` },
  ]);
}

/** Whether a file at this path belongs to the session of this name. */
export function isFileOf(path: string, name: string): boolean {
  const naming = nameOf(path);
  return 'name' in naming && naming.name === name;
}

/** The directories that contain the name, outermost first, and the name itself: `a`, `a/b`, `a/b/c`. */
export function withAncestors(name: string): string[] {
  const parts = name.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** The directory part of a session's name or of a path, relative to the root, which is `''`. */
export function directoryOf(path: string): string {
  const directory = dirname(path);
  return directory === '.' ? '' : directory;
}
