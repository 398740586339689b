import { type Dirent, readdirSync, statSync } from 'node:fs';
import { entryOf, type Pair, type Survey, type WalkEntry } from './entries.js';
import { isSystemError, SessionsDirectoryUnreadable, systemCode } from './errors.js';
import { leadsOut, lookAt } from './look_at.js';
import { type FileKind, fileKind, maxNameBytes, nameOf, partRefusal } from './names.js';
import { Rejections } from './rejections.js';
import type { ReaderOptions } from './session_reader.js';
import { absolute, confirmRoot, openRoot, realPathInside, type SessionsRoot } from './sessions_root.js';

/** One directory while it is being walked. */
interface Visit {
  readonly directory: string;
  readonly pairs: Map<string, Pair>;
  readonly subdirectories: string[];
}

/**
 * Walks the sessions directory: in order of code units, the files of a directory before its
 * subdirectories, hidden directories left out. Nothing is opened but directories. Constructing it throws
 * SessionsDirectoryUnreadable, and so does drawing its entries, where the root can't be listed.
 */
export class Walk implements Survey {
  readonly device: string;
  readonly unreadable = new Set<string>();
  readonly rejections = new Rejections();
  readonly #root: SessionsRoot;
  readonly #options: ReaderOptions;
  /** Files beside a directory of their own name: `X/X.json` may belong to `X.session`. */
  readonly #held = new Map<string, Pair>();

  constructor(options: ReaderOptions) {
    const root = openRoot(options.root);
    this.device = root.device;
    this.#root = root;
    this.#options = options;
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
      for (const dirent of listing) this.#meet(dirent, visit);
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

  /** A directory that went away while it was walked is no fault: what was below it is gone. */
  #skip(directory: string, code: string): void {
    if (directory === '') throw new SessionsDirectoryUnreadable(this.#options.root, code);
    if (code === 'ENOENT' || code === 'ENOTDIR') return;
    this.unreadable.add(directory);
    this.rejections.add(directory, `directory can't be read: ${code}`);
  }

  #meet(dirent: Dirent, visit: Visit): void {
    const path = visit.directory === '' ? dirent.name : `${visit.directory}/${dirent.name}`;
    const kind = fileKind(dirent.name);
    if (dirent.isDirectory()) this.#meetDirectory(dirent.name, path, visit);
    else if (kind !== null) this.#meetFile(path, kind, visit);
    else if (dirent.isSymbolicLink()) this.#meetLink(path);
  }

  #meetDirectory(name: string, path: string, visit: Visit): void {
    const refused = refuseDirectory(name, path);
    if (refused === null) visit.subdirectories.push(path);
    else if (refused !== 'hidden') this.rejections.add(path, refused);
  }

  #meetLink(path: string): void {
    try {
      if (!statSync(absolute(this.#root.path, path)).isDirectory()) return;
      const inside = realPathInside(this.#root.path, path) !== null;
      this.rejections.add(path, inside ? 'symbolic link to a directory, not followed' : leadsOut);
    } catch {
      // A link that leads nowhere stands for no directory, and its name for no session.
    }
  }

  #meetFile(path: string, kind: FileKind, visit: Visit): void {
    const refused = this.#take(path, kind, visit);
    if (refused !== null) this.rejections.add(path, refused);
  }

  /** Adds the file to its name's; else says why not. */
  #take(path: string, kind: FileKind, visit: Visit): string | null {
    const naming = nameOf(path);
    if ('refused' in naming) return naming.refused;
    const { name } = naming;
    const look = lookAt(path, kind, { root: this.#root.path, maxBytes: this.#options.maxBytes });
    if (look === null) return null;
    if (look.print === null) return look.refused;
    const pair = visit.pairs.get(name) ?? { session: null, json: null };
    const taken = pair[kind];
    if (taken !== null) return `the name ${name} is taken by ${taken.path}`;
    pair[kind] = { path, print: look.print };
    visit.pairs.set(name, pair);
    return null;
  }
}

/** Why a directory is not walked; null: it is. */
function refuseDirectory(name: string, path: string): string | null {
  if (fileKind(name) === 'session') return 'a directory, not a regular file';
  if (name.startsWith('.')) return 'hidden';
  return Buffer.byteLength(path) > maxNameBytes ? 'path too long' : partRefusal(name);
}
