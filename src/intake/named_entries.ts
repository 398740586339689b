import { opendirSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { entryOf, type Pair, type Survey, type WalkEntry } from './entries.js';
import { SessionsDirectoryUnreadable, systemCode } from './errors.js';
import { lookAt } from './look_at.js';
import { nameRefusal, pathsOf, standsFor } from './names.js';
import { Rejections } from './rejections.js';
import type { ReaderOptions } from './session_reader.js';
import { absolute, confirmRoot, openRoot, type SessionsRoot } from './sessions_root.js';

/**
 * Looks for the files of a few names, where a walk would find them, and says of them what a walk would.
 * Constructing it throws SessionsDirectoryUnreadable, and so does drawing its entries, where the root can't
 * be listed.
 */
export class NamedEntries implements Survey {
  readonly device: string;
  readonly unreadable = new Set<string>();
  readonly rejections = new Rejections();
  readonly #root: SessionsRoot;
  readonly #options: ReaderOptions;
  readonly #names: Iterable<string>;

  constructor(options: ReaderOptions, names: Iterable<string>) {
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

  #find(name: string): Pair {
    const pair: Pair = { session: null, json: null };
    for (const { kind, path } of pathsOf(name)) {
      if (!standsFor(path, name) || !this.#isWalked(dirname(path))) continue;
      try {
        const look = lookAt(path, kind, { root: this.#root.path, maxBytes: this.#options.maxBytes });
        if (look === null) continue;
        const taken = pair[kind];
        if (look.print === null) this.rejections.add(path, look.refused);
        else if (taken !== null) this.rejections.add(path, `the name ${name} is taken by ${taken.path}`);
        else pair[kind] = { path, print: look.print };
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
