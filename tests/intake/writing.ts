import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SessionFiles } from '../../src/intake/session_files.js';
import { inDirectory } from './session_files.js';

/** Runs the test with a writer over an empty sessions directory, which lies in a directory of its own. */
export function withFiles(test: (files: SessionFiles, root: string) => Promise<void>): () => Promise<void> {
  return () =>
    inDirectory(async (directory) => {
      const root = join(directory, 'sessions');
      mkdirSync(root);
      await test(writerOver(root), root);
    });
}

/** A writer over a directory that need not be there; `id` is part of every temporary file's name. */
export function writerOver(root: string, id?: string): SessionFiles {
  return new SessionFiles({ root, randomId: () => id ?? randomUUID() });
}

/** Every file below, hidden ones included, by relative path. */
export function filesOf(root: string): Record<string, string> {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  const files = paths.filter((path) => statSync(join(root, path), { throwIfNoEntry: false })?.isFile());
  return Object.fromEntries(files.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}
