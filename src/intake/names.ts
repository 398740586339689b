/** A session's name, or in plain words why a file can't have one. */
export type Naming = { readonly name: string } | { readonly refused: string };

/** Which of a session's two files a path is. */
export type FileKind = 'session' | 'json';

/** The longest file name that common file systems take, and a bound for a whole name. Bytes of UTF-8. */
const maxPartBytes = 255;
export const maxNameBytes = 1024;

/** Most names; telling them in one step keeps a walk over many files quick. */
const plainName = /^[\w@+-]{1,60}(?:\/[\w@+-]{1,60}){0,5}$/;

/** Which of a session's files it would be, by the end of its path; null: neither. */
export function fileKind(path: string): FileKind | null {
  if (path.endsWith('.session')) return 'session';
  return path.endsWith('.json') ? 'json' : null;
}

/**
 * The name of the session that a file stands for: its path relative to the sessions directory, with `/`
 * between the parts, without its ending; `X/X` is just `X`. Refused: what can't be a file name again.
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
  if (plainName.test(name)) return null;
  if (Buffer.byteLength(name) > maxNameBytes) return `name over ${maxNameBytes} bytes`;
  const parts = name.split('/');
  for (const part of parts) {
    const refused = partRefusal(part);
    if (refused !== null) return refused;
  }
  const fileName = `${parts.at(-1)}.session`;
  return Buffer.byteLength(fileName) > maxPartBytes ? `file name over ${maxPartBytes} bytes` : null;
}

/** Why this can't be one part of a session's name, between two slashes; null: it can. */
export function partRefusal(part: string): string | null {
  if (part === '') return 'empty name';
  if (part === '.' || part === '..') return `"${part}" is not a name`;
  if (part.startsWith('.')) return 'hidden file';
  if (/\p{Cc}/u.test(part)) return 'control characters in the name';
  if (/[\uFFFD\p{Cs}]/u.test(part)) return 'name is not valid UTF-8';
  if (part.includes('\\')) return 'backslash in the name';
  return Buffer.byteLength(part) > maxPartBytes ? `name over ${maxPartBytes} bytes` : null;
}

/** The paths that a session of this name can have, in the order a walk meets them. */
export function pathsOf(name: string): { readonly kind: FileKind; readonly path: string }[] {
  const stems = name.includes('/') ? [name] : [name, `${name}/${name}`];
  return stems.flatMap((stem) => [
    { kind: 'session', path: `${stem}.session` },
    { kind: 'json', path: `${stem}.json` },
  ]);
}

/** Whether a file at this path stands for the session of this name. */
export function standsFor(path: string, name: string): boolean {
  const naming = nameOf(path);
  return 'name' in naming && naming.name === name;
}

/** The name and the directories it lies in, outermost first: `a`, `a/b`, `a/b/c`. */
export function lineageOf(name: string): string[] {
  const parts = name.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
