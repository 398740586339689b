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

/** Whether the session has a file at all; one without is only in the database. */
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
  /** Restores their old names. @throws Failed, also if one of those is taken by now. */
  undo(): Promise<void>;
}

export interface SessionFilesOptions {
  /** The sessions directory. */
  readonly root: string;
  /** A unique part of a file's name. */
  readonly randomId: () => string;
}

/**
 * The only writer in SESSIONS_DIR. Its changes are durable when it resolves. Nothing else may work on the directory
 * meanwhile: see `SyncService.exclusively`. Everything throws SessionsDirectoryUnreadable, and Failed with the
 * system's reason, or for a path that leads out of the directory.
 */
export class SessionFiles {
  readonly #root: string;
  readonly #randomId: () => string;

  constructor({ root, randomId }: SessionFilesOptions) {
    this.#root = root;
    this.#randomId = randomId;
  }

  /**
   * Writes the new file `NAME.session`, which only its owner may read. `own`: files that belong to the same session,
   * such as its JSON file.
   * @throws FileNameTaken; BadRequest if it can't be a session's name.
   */
  create(name: string, bytes: Uint8Array, own: readonly string[] = []): Promise<PlacedFile> {
    const path = `${name}.session`;
    return withFileErrors(path, 'written', async () => {
      const { path: root } = openRoot(this.#root);
      await ensureFree(root, name, own);
      const { path: place } = locate(root, path);
      // Left over from a deleted database, they would corrupt this one.
      await removeFiles(sideFilesOf(place));
      const created = await createPrivateFile(place, bytes, this.#temporaryFor(place));
      if (!created) throw new FileNameTaken(name, path);
      return { path, undo: () => withFileErrors(path, 'removed', () => removeFiles([place])) };
    });
  }

  /**
   * Replaces the bytes of a session's file, which must exist; a symbolic link stays one. SQLite's auxiliary files of
   * the old bytes are removed, and restored by `undo`.
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
   * Renames a session's files to `NAME.session` and `NAME.json`, in the directory that the name says: the root, or
   * one that contains them. A directory that becomes empty is removed. The files always have a name, for a moment
   * both.
   * @throws FileNameTaken; FileInUse; BadRequest if it can't be their name.
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
   * Removes a session's files and SQLite's auxiliary files; a missing one is not an error. A directory that becomes
   * empty is removed.
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

  /** Hidden: no scan mistakes it for a session, and the watcher ignores it. */
  #temporaryFor(place: string): string {
    return join(dirname(place), temporaryName(this.#randomId()));
  }
}

/** Makes sure that the name is in the root or in a directory that contains the files. @throws BadRequest. */
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
    // The target of a relative link depends on where the link is.
    if (isLink && directoryOf(old) !== directoryOf(fresh)) {
      throw new Failed(`Session file ${old} can't be moved: it is a symbolic link`, {
        code: 'session_file_unusable',
      });
    }
    return [{ from: path, to: locate(root, fresh).path }];
  });
}

/** Undoes renamings, including removed directories. @throws Failed if an old name is taken by now. */
async function renameBack(root: string, renamings: readonly Renaming[]): Promise<void> {
  for (const { from } of renamings) await mkdir(dirname(from), { recursive: true });
  const taken = await renameAll(renamings.map(({ from, to }) => ({ from: to, to: from })));
  if (taken !== null)
    throw new Failed(`Session file ${taken.slice(root.length + 1)} exists again`, {
      code: 'session_file_unusable',
    });
}

/**
 * Makes sure that files of this name would form their own session: not part of another one, and not of the same name
 * in another case. `root`: the real path of the sessions directory. `own`: relative paths that don't count, because
 * they belong to the session.
 *
 * @throws FileNameTaken; BadRequest if it can't be a session's name; Failed for a directory that is not walked; the
 * system's error if it can't be listed.
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

/** The file that already has this name, relative to the root; null: there is none. */
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
