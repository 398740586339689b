import { type Dirent, opendirSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isSystemError, SessionsDirectoryUnreadable, systemCode } from './errors.js';
import {
  type FileKind,
  fileKind,
  isFileOf,
  MAX_NAME_BYTES,
  nameOf,
  nameRefusal,
  partRefusal,
  pathsOf,
} from './names.js';
import {
  absolute,
  confirmRoot,
  type FileLimits,
  fileStatus,
  LEADS_OUT,
  openRoot,
  realPathInside,
  type SessionsRoot,
} from './sessions_root.js';

/** How files that can't be recognised are taken: for sessions that may be leased, or for dead ones. */
export type SessionCheck = 'lenient' | 'strict';

/** Where sessions lie and how they are judged. */
export interface ScanOptions {
  /** The sessions directory. */
  readonly root: string;
  readonly check: SessionCheck;
  /** The largest session file that is accepted. */
  readonly maxBytes: number;
}

/** A session's files as they lie on disk. */
export interface WalkEntry {
  readonly name: string;
  /** The `.session` file, relative to the sessions directory; null: there is none. */
  readonly file: string | null;
  /** The `.json` file beside it or instead of it, relative to the sessions directory; null: there is none. */
  readonly json: string | null;
  /** Differs after any change to either file, or to how files are judged. Compare with `===` only. */
  readonly fingerprint: string;
}

/** A file or directory that is no session though it looks as if it should be, and why, in plain words. */
export interface Rejection {
  /** Relative to the sessions directory. */
  readonly file: string;
  readonly reason: string;
}

/** How many rejections are kept; the rest are only counted. */
const MAX_REJECTIONS = 1000;

/** What a scan rejected: the first thousand, and how many in all. */
export class Rejections {
  readonly list: Rejection[] = [];
  total = 0;

  add(file: string, reason: string): void {
    this.total += 1;
    if (this.list.length < MAX_REJECTIONS) this.list.push({ file, reason });
  }
}

/** A listing of the sessions directory. What it says beside its entries is complete once these have been drawn. */
export interface Listing {
  /** `st_dev` of the sessions directory in decimal. */
  readonly device: string;
  /** What could not be read: nothing is known of a session of this name, or below it. */
  readonly unreadable: ReadonlySet<string>;
  readonly rejections: Rejections;
  entries(): Generator<WalkEntry, void>;
}

/** One of a session's two files: its path relative to the sessions directory, and its fingerprint. */
interface FoundPath {
  readonly path: string;
  readonly fingerprint: string;
}

/** The files found so far for one name. */
type FilePair = Record<FileKind, FoundPath | null>;

/** The entry that a name's files make. */
function entryOf(name: string, { session, json }: FilePair, check: SessionCheck): WalkEntry {
  const fingerprint = `${check}|${session?.fingerprint ?? '-'}|${json?.fingerprint ?? '-'}`;
  return { name, file: session?.path ?? null, json: json?.path ?? null, fingerprint };
}

/** Adds the file to its name's; else says why not. Null: it is added, or not worth mentioning. */
function addTo(
  pair: FilePair,
  { name, kind, path }: { readonly name: string; readonly kind: FileKind; readonly path: string },
  limits: FileLimits,
): string | null {
  const status = fileStatus(path, kind, limits);
  if (status === null) return null;
  if (status.fingerprint === null) return status.refused;
  const taken = pair[kind];
  if (taken !== null) return `the name ${name} is taken by ${taken.path}`;
  pair[kind] = { path, fingerprint: status.fingerprint };
  return null;
}

/** One directory while it is being walked. */
interface Visit {
  readonly directory: string;
  readonly pairs: Map<string, FilePair>;
  readonly subdirectories: string[];
}

/**
 * Walks the sessions directory: in order of code units, the files of a directory before its
 * subdirectories, hidden directories left out. Opens nothing but directories. The constructor throws
 * SessionsDirectoryUnreadable, and so does drawing its entries, where the root can't be listed.
 */
export class Walk implements Listing {
  readonly device: string;
  readonly unreadable = new Set<string>();
  readonly rejections = new Rejections();
  readonly #root: SessionsRoot;
  readonly #options: ScanOptions;
  readonly #limits: FileLimits;
  /** Files beside a directory of their own name: `X/X.json` may belong to `X.session`. */
  readonly #held = new Map<string, FilePair>();

  constructor(options: ScanOptions) {
    const root = openRoot(options.root);
    this.device = root.device;
    this.#root = root;
    this.#options = options;
    this.#limits = { root: root.path, maxBytes: options.maxBytes };
  }

  *entries(): Generator<WalkEntry, void> {
    const stack = [''];
    for (let directory = stack.pop(); directory !== undefined; directory = stack.pop()) {
      const visit = this.#visit(directory);
      const below = new Set(directory === '' ? visit.subdirectories : []);
      for (const [name, pair] of visit.pairs) {
        if (below.has(name)) this.#held.set(name, pair);
        else yield entryOf(name, pair, this.#options.check);
      }
      for (const subdirectory of visit.subdirectories.reverse()) stack.push(subdirectory);
    }
    confirmRoot(this.#options.root, this.#root);
  }

  #visit(directory: string): Visit {
    const visit = this.#newVisit(directory);
    try {
      const listing = readdirSync(absolute(this.#root.path, directory), {
        withFileTypes: true,
        encoding: 'utf8',
      });
      listing.sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const dirent of listing) this.#add(dirent, visit);
      return visit;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      this.#skip(directory, systemCode(error));
      return this.#newVisit(directory);
    }
  }

  #newVisit(directory: string): Visit {
    const held = this.#held.get(directory);
    return { directory, pairs: new Map(held && [[directory, { ...held }]]), subdirectories: [] };
  }

  /** A directory that disappears while it is walked is no fault: what was below it is gone. */
  #skip(directory: string, code: string): void {
    if (directory === '') throw new SessionsDirectoryUnreadable(this.#options.root, code);
    if (code === 'ENOENT' || code === 'ENOTDIR') return;
    this.unreadable.add(directory);
    this.rejections.add(directory, `directory can't be read: ${code}`);
  }

  #add(dirent: Dirent, visit: Visit): void {
    const path = visit.directory === '' ? dirent.name : `${visit.directory}/${dirent.name}`;
    const kind = fileKind(dirent.name);
    if (dirent.isDirectory()) this.#addDirectory(dirent.name, path, visit);
    else if (kind !== null) this.#addFile(path, kind, visit);
    else if (dirent.isSymbolicLink()) this.#rejectLink(path);
  }

  #addDirectory(name: string, path: string, visit: Visit): void {
    const refused = directoryRefusal(name, path);
    if (refused === null) visit.subdirectories.push(path);
    else if (refused !== 'hidden') this.rejections.add(path, refused);
  }

  #addFile(path: string, kind: FileKind, visit: Visit): void {
    const naming = nameOf(path);
    const refused = 'refused' in naming ? naming.refused : this.#addTo(naming.name, path, kind, visit);
    if (refused !== null) this.rejections.add(path, refused);
  }

  #addTo(name: string, path: string, kind: FileKind, visit: Visit): string | null {
    const pair = visit.pairs.get(name) ?? { session: null, json: null };
    const refused = addTo(pair, { name, kind, path }, this.#limits);
    if (pair.session || pair.json) visit.pairs.set(name, pair);
    return refused;
  }

  #rejectLink(path: string): void {
    try {
      if (!statSync(absolute(this.#root.path, path)).isDirectory()) return;
      const inside = realPathInside(this.#root.path, path) !== null;
      this.rejections.add(path, inside ? 'symbolic link to a directory, not followed' : LEADS_OUT);
    } catch {
      // A link that leads nowhere is no directory, and its name is no session's.
    }
  }
}

/** Why a directory is not walked; null: it is. */
function directoryRefusal(name: string, path: string): string | null {
  if (fileKind(name) === 'session') return 'a directory, not a regular file';
  if (name.startsWith('.')) return 'hidden';
  return Buffer.byteLength(path) > MAX_NAME_BYTES ? 'path too long' : partRefusal(name);
}

/**
 * Finds the files of a few names where a walk would find them, and says of them what a walk would. The
 * constructor throws SessionsDirectoryUnreadable, and so does drawing its entries, where the root can't be
 * listed.
 */
export class NamedEntries implements Listing {
  readonly device: string;
  readonly unreadable = new Set<string>();
  readonly rejections = new Rejections();
  readonly #root: SessionsRoot;
  readonly #options: ScanOptions;
  readonly #names: Iterable<string>;

  constructor(options: ScanOptions, names: Iterable<string>) {
    const root = openRoot(options.root);
    try {
      opendirSync(root.path).closeSync();
    } catch (error) {
      throw new SessionsDirectoryUnreadable(options.root, systemCode(error));
    }
    this.device = root.device;
    this.#root = root;
    this.#options = options;
    this.#names = names;
  }

  *entries(): Generator<WalkEntry, void> {
    for (const name of this.#names) {
      if (nameRefusal(name) !== null) continue;
      const pair = this.#find(name);
      if (pair.session || pair.json) yield entryOf(name, pair, this.#options.check);
    }
    confirmRoot(this.#options.root, this.#root);
  }

  #find(name: string): FilePair {
    const pair: FilePair = { session: null, json: null };
    const limits = { root: this.#root.path, maxBytes: this.#options.maxBytes };
    for (const { kind, path } of pathsOf(name)) {
      if (!isFileOf(path, name) || !this.#isWalked(dirname(path))) continue;
      try {
        const refused = addTo(pair, { name, kind, path }, limits);
        if (refused !== null) this.rejections.add(path, refused);
      } catch (error) {
        this.unreadable.add(name);
        this.rejections.add(path, systemCode(error));
      }
    }
    return pair;
  }

  /** A walk follows no symbolic link to a directory. */
  #isWalked(directory: string): boolean {
    if (directory === '.') return true;
    const path = absolute(this.#root.path, directory);
    try {
      return realpathSync.native(path) === path;
    } catch (error) {
      const code = systemCode(error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') this.unreadable.add(directory);
      return false;
    }
  }
}
