import { realpath } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Conflict } from '../errors.js';
import { createPrivateFile, writePrivateFile } from '../kernel/private_files.js';
import { FileInUse, failingAs } from './file_errors.js';
import { temporaryName } from './leftovers.js';
import { locate } from './located.js';
import { ensureNear, renameBack, renamingsOf, type SessionPaths } from './moving.js';
import { nameOf } from './names.js';
import { obstacleTo } from './obstacles.js';
import { isBeingWritten } from './read_file.js';
import { besideOf, removeFiles, removeIfEmpty, unlessGone } from './removing.js';
import { renameAll } from './renaming.js';
import { replaceFile } from './replacing.js';
import { openRoot } from './sessions_root.js';

/** A session of that name is there, or a file that would be found as part of it. */
export class FileNameTaken extends Conflict {
  /** `obstacle`: what is in the way, relative to the sessions directory. */
  constructor(name: string, obstacle: string) {
    const message = `The name ${name} is taken: ${obstacle} is in the sessions directory`;
    const naming = nameOf(obstacle);
    super({ error: 'name_taken', message, session_name: 'name' in naming ? naming.name : name });
  }
}

/** A file that was written. */
export interface PlacedFile {
  /** Relative to the sessions directory. */
  readonly path: string;
  /** Makes it as it was before. @throws Failed. */
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
    return failingAs(path, 'written', async () => {
      const { path: root } = openRoot(this.#root);
      const obstacle = await obstacleTo(root, name, own);
      if (obstacle !== null) throw new FileNameTaken(name, obstacle);
      const { path: place } = locate(root, path);
      // Left over from a database that is gone, they would spoil this one.
      await removeFiles(besideOf(place));
      const created = await createPrivateFile(place, bytes, this.#temporaryFor(place));
      if (!created) throw new FileNameTaken(name, path);
      return { path, undo: () => failingAs(path, 'removed', () => removeFiles([place])) };
    });
  }

  /**
   * Puts other bytes in the place of a session's file, which must be there; a symbolic link stays one. What
   * SQLite kept beside the old bytes goes, and is there again after `undo`.
   */
  replace(path: string, bytes: Uint8Array): Promise<PlacedFile> {
    return failingAs(path, 'written', async () => {
      const place = await realpath(locate(openRoot(this.#root).path, path).path);
      const undo = await replaceFile(place, bytes, (file, content) =>
        writePrivateFile(file, content, this.#temporaryFor(file)),
      );
      return { path, undo: () => failingAs(path, 'written', undo) };
    });
  }

  /**
   * Calls a session's files `NAME.session` and `NAME.json`, in the directory that the name says: the root, or
   * one of those they lie in. A directory that this leaves empty is removed. The files always have a name, for
   * a moment both.
   * @throws FileNameTaken; FileInUse; BadRequest for what can't be their name.
   */
  move({ file, jsonFile }: SessionPaths, name: string): Promise<MovedFiles> {
    const moved = { file: file && `${name}.session`, jsonFile: jsonFile && `${name}.json` };
    return failingAs(file ?? jsonFile ?? name, 'renamed', async () => {
      const { path: root } = openRoot(this.#root);
      const own = [file, jsonFile].filter((path) => path !== null);
      ensureNear(name, own);
      const obstacle = await obstacleTo(root, name, own);
      if (obstacle !== null) throw new FileNameTaken(name, obstacle);
      if (file !== null && isBeingWritten(root, file)) throw new FileInUse(file);
      const renamings = renamingsOf(root, { file, jsonFile }, moved);
      for (const { from, to } of renamings) await removeFiles([...besideOf(from), ...besideOf(to)]);
      const taken = await renameAll(renamings);
      if (taken !== null) throw new FileNameTaken(name, relative(root, taken));
      await removeIfEmpty(
        renamings.map(({ from }) => dirname(from)),
        root,
      );
      return { ...moved, undo: () => failingAs(name, 'renamed', () => renameBack(root, renamings)) };
    });
  }

  /**
   * Removes a session's files, and what SQLite keeps beside them; what is not there is as well. A directory
   * that this leaves empty is removed.
   */
  remove({ file, jsonFile }: SessionPaths): Promise<void> {
    return failingAs(file ?? jsonFile ?? '', 'removed', async () => {
      const { path: root } = openRoot(this.#root);
      for (const path of [file, jsonFile]) {
        const place = path === null ? null : await unlessGone(async () => locate(root, path).path);
        if (place === null) continue;
        await removeFiles([place, ...besideOf(place)]);
        await removeIfEmpty([dirname(place)], root);
      }
    });
  }

  /** Hidden: no scan takes it for a session, and the watcher is not woken. */
  #temporaryFor(place: string): string {
    return join(dirname(place), temporaryName(this.#randomId()));
  }
}
