import { lstat, mkdir, opendir, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { BadRequest, Failed } from '../kernel/errors.js';
import { createPrivateFile, writePrivateFile } from '../kernel/private_files.js';
import { FileInUse, FileNameTaken, withFileErrors } from './errors.js';
import {
  type Renaming,
  removeFiles,
  removeIfEmpty,
  renameAll,
  replaceFile,
  sideFilesOf,
  temporaryName,
  unlessGone,
} from './file_operations.js';
import { directoryOf, fileKind, foldName, isFileOf, nameRefusal } from './names.js';
import type { Scanner } from './scanner.js';
import { isBeingWritten } from './session_reader.js';
import { absolute, locate, openRoot, realPathInside } from './sessions_root.js';
import type { SyncService } from './sync.js';

/** SESSIONS_DIR, on a replica that has it. */
export interface SessionsDirectory {
  readonly scanner: Scanner;
  readonly sync: SyncService;
  readonly files: SessionFiles;
}

/** A session's files, relative to the sessions directory; null: it has no such file. */
export interface SessionPaths {
  readonly file: string | null;
  readonly jsonFile: string | null;
}

/** Whether the session has a file at all; one that has none is in the database only. */
export function hasFiles({ file, jsonFile }: SessionPaths): boolean {
  return file !== null || jsonFile !== null;
}

/** A file that was written. */
export interface PlacedFile {
  /** Relative to the sessions directory. */
  readonly path: string;
  /** Restores what was there before. @throws Failed. */
  undo(): Promise<void>;
}

/** A session's files under their new name. */
export interface MovedFiles extends SessionPaths {
  /** Gives them their old names back. @throws Failed, also where one of those is taken by now. */
  undo(): Promise<void>;
}

export interface SessionFilesOptions {
  /** The sessions directory. */
  readonly root: string;
  /** A part of a file's name, never the same twice. */
  readonly randomId: () => string;
}

/**
 * The only writer in SESSIONS_DIR. What it has done is on disk for good when it resolves. Nothing else may
 * work on the directory meanwhile: see `SyncService.exclusively`. Everything throws SessionsDirectoryUnreadable,
 * and Failed with the system's reason, or for a path that leads out of the directory.
 */
export class SessionFiles {
  readonly #root: string;
  readonly #randomId: () => string;

  constructor({ root, randomId }: SessionFilesOptions) {
    this.#root = root;
    this.#randomId = randomId;
  }

  /**
   * Writes the new file `NAME.session`, which only its owner may read. `own`: files that it is to join, such
   * as the JSON file of the session that it belongs to.
   * @throws FileNameTaken; BadRequest for what can't be a session's name.
   */
  create(name: string, bytes: Uint8Array, own: readonly string[] = []): Promise<PlacedFile> {
    const path = `${name}.session`;
    return withFileErrors(path, 'written', async () => {
      const { path: root } = openRoot(this.#root);
      await ensureFree(root, name, own);
      const { path: place } = locate(root, path);
      // Left over from a database that is gone, they would corrupt this one.
      await removeFiles(sideFilesOf(place));
      const created = await createPrivateFile(place, bytes, this.#temporaryFor(place));
      if (!created) throw new FileNameTaken(name, path);
      return { path, undo: () => withFileErrors(path, 'removed', () => removeFiles([place])) };
    });
  }

  /**
   * Replaces the bytes of a session's file, which must be there; a symbolic link stays one. What SQLite kept
   * beside the old bytes is removed, and is there again after `undo`.
   */
  replace(path: string, bytes: Uint8Array): Promise<PlacedFile> {
    return withFileErrors(path, 'written', async () => {
      const place = await realpath(locate(openRoot(this.#root).path, path).path);
      const undo = await replaceFile(place, bytes, (file, content) =>
        writePrivateFile(file, content, this.#temporaryFor(file)),
      );
      return { path, undo: () => withFileErrors(path, 'written', undo) };
    });
  }

  /**
   * Renames a session's files to `NAME.session` and `NAME.json`, in the directory that the name says: the root,
   * or one of those they lie in. A directory that this leaves empty is removed. The files always have a name, for
   * a moment both.
   * @throws FileNameTaken; FileInUse; BadRequest for what can't be their name.
   */
  move({ file, jsonFile }: SessionPaths, name: string): Promise<MovedFiles> {
    const moved = { file: file && `${name}.session`, jsonFile: jsonFile && `${name}.json` };
    return withFileErrors(file ?? jsonFile ?? name, 'renamed', async () => {
      const { path: root } = openRoot(this.#root);
      const own = [file, jsonFile].filter((path) => path !== null);
      ensureNear(name, own);
      await ensureFree(root, name, own);
      if (file !== null && isBeingWritten(root, file)) throw new FileInUse(file);
      const renamings = renamingsOf(root, { file, jsonFile }, moved);
      for (const { from, to } of renamings) await removeFiles([...sideFilesOf(from), ...sideFilesOf(to)]);
      const taken = await renameAll(renamings);
      if (taken !== null) throw new FileNameTaken(name, relative(root, taken));
      await removeIfEmpty(
        renamings.map(({ from }) => dirname(from)),
        root,
      );
      return { ...moved, undo: () => withFileErrors(name, 'renamed', () => renameBack(root, renamings)) };
    });
  }

  /**
   * Removes a session's files, and what SQLite keeps beside them; one that is not there is no error. A directory
   * that this leaves empty is removed.
   */
  remove({ file, jsonFile }: SessionPaths): Promise<void> {
    return withFileErrors(file ?? jsonFile ?? '', 'removed', async () => {
      const { path: root } = openRoot(this.#root);
      for (const path of [file, jsonFile]) {
        const place = path === null ? null : await unlessGone(async () => locate(root, path).path);
        if (place === null) continue;
        await removeFiles([place, ...sideFilesOf(place)]);
        await removeIfEmpty([dirname(place)], root);
      }
    });
  }

  /** Hidden: no scan takes it for a session, and the watcher ignores it. */
  #temporaryFor(place: string): string {
    return join(dirname(place), temporaryName(this.#randomId()));
  }
}

/** Makes sure that the name is one in the root or in a directory that the files lie in. @throws BadRequest. */
function ensureNear(name: string, paths: readonly string[]): void {
  const directory = directoryOf(name);
  if (directory === '' || paths.some((path) => directoryOf(path) === directory)) return;
  throw new BadRequest(`"${name}" is in another directory than the session's files`, {
    code: 'invalid_session_name',
    field: 'name',
  });
}

/** The renamings that turn the first paths into the second. @throws Failed for a path that can't be renamed. */
function renamingsOf(root: string, from: SessionPaths, to: SessionPaths): Renaming[] {
  return [
    [from.file, to.file],
    [from.jsonFile, to.jsonFile],
  ].flatMap(([old, fresh]) => {
    if (!old || !fresh || old === fresh) return [];
    const { path, isLink } = locate(root, old);
    // What a relative link leads to depends on where it lies.
    if (isLink && directoryOf(old) !== directoryOf(fresh)) {
      throw new Failed(`Session file ${old} can't be moved: it is a symbolic link`, {
        code: 'session_file_unusable',
      });
    }
    return [{ from: path, to: locate(root, fresh).path }];
  });
}

/** Undoes renamings, the directories that were removed included. @throws Failed where an old name is taken by now. */
async function renameBack(root: string, renamings: readonly Renaming[]): Promise<void> {
  for (const { from } of renamings) await mkdir(dirname(from), { recursive: true });
  const taken = await renameAll(renamings.map(({ from, to }) => ({ from: to, to: from })));
  if (taken !== null)
    throw new Failed(`Session file ${taken.slice(root.length + 1)} exists again`, {
      code: 'session_file_unusable',
    });
}

/**
 * Makes sure that files of this name would be a session of their own: that they would not be part of another one,
 * nor be called the same but for case. `root`: the real path of the sessions directory. `own`: paths relative to
 * it that don't count, since they belong to the session.
 *
 * @throws FileNameTaken; BadRequest for what can't be a session's name; Failed for a directory that is not walked;
 * the system's error where it can't be listed.
 */
async function ensureFree(root: string, name: string, own: readonly string[]): Promise<void> {
  const refused = nameRefusal(name) ?? (isFileOf(`${name}.session`, name) ? null : 'it names another file');
  if (refused !== null)
    throw new BadRequest(`"${name}" can't be a session's name: ${refused}`, {
      code: 'invalid_session_name',
      field: 'name',
    });
  const directory = directoryOf(name);
  if (realPathInside(root, directory) !== absolute(root, directory)) {
    throw new Failed(`${directory} in the sessions directory is a symbolic link, which is not followed`, {
      code: 'session_file_unusable',
    });
  }
  const conflict = await conflictIn(root, directory, basename(name), new Set(own));
  if (conflict !== null) throw new FileNameTaken(name, conflict);
}

/** The file that has this name already, relative to the root; null: there is none. */
async function conflictIn(
  root: string,
  directory: string,
  name: string,
  own: ReadonlySet<string>,
): Promise<string | null> {
  const folded = foldName(name);
  for await (const entry of await opendir(absolute(root, directory), { bufferSize: 1000 })) {
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
    const kind = fileKind(entry.name);
    const stem = kind === null ? null : entry.name.slice(0, -(kind.length + 1));
    if (stem !== null && foldName(stem) === folded && !own.has(path)) return path;
    if (directory !== '' || !entry.isDirectory() || foldName(entry.name) !== folded) continue;
    const inside = await conflictInside(root, entry.name, own);
    if (inside !== null) return inside;
  }
  return null;
}

/** `X/X.session` is the session X. */
async function conflictInside(root: string, name: string, own: ReadonlySet<string>): Promise<string | null> {
  for (const kind of ['session', 'json']) {
    const path = `${name}/${name}.${kind}`;
    if (!own.has(path) && (await unlessGone(() => lstat(absolute(root, path)))) !== null) return path;
  }
  return null;
}
