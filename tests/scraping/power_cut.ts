import { dirname } from 'node:path';
import type { DiskCall } from '../../sandbox/failing_disk.js';

/** A file, under any name. */
interface Content {
  /** Its length. */
  bytes: number;
  /** This many bytes of it would be left. */
  flushed: number;
  /** From here on the system has dropped what it could not flush: it must be written again. */
  forgotten: number | null;
}

/**
 * What a power cut would leave of a disk, by the calls that were made of it: of a file what was flushed, and its name
 * if the directory that contains it was flushed, and those above it.
 */
export class PowerCut {
  readonly #root: string;
  /** By path; null: a directory. */
  readonly #there = new Map<string, Content | null>();
  readonly #flushed = new Map<string, Content | null>();

  /** `root`: absolute; it existed before. */
  constructor(root: string) {
    this.#root = root;
  }

  /** One more call, in the order in which they ended. */
  pass({ call, path, from, end = 0, refused }: DiskCall): void {
    const content = this.#there.get(path);
    if (refused) {
      if (call === 'sync' && content) content.forgotten ??= content.flushed;
    } else if (call === 'mkdir') this.#there.set(path, null);
    else if (call === 'open' && !content) this.#there.set(path, { bytes: 0, flushed: 0, forgotten: null });
    else if (call === 'rm') this.#there.delete(path);
    else if (call === 'rename') this.#rename(from ?? '', path);
    else if (call === 'write' && content) write(content, end);
    else if (call === 'truncate' && content) cut(content, end);
    else if (call === 'sync' && content) content.flushed = content.forgotten ?? content.bytes;
    else if (call === 'sync') this.#flushNames(path);
  }

  /** How many bytes of a file would be left; null: not even its name. */
  left(path: string): number | null {
    const content = this.#flushed.get(path);
    if (!content) return null;
    for (let above = dirname(path); above !== this.#root; above = dirname(above)) {
      if (this.#flushed.get(above) === undefined) return null;
    }
    return content.flushed;
  }

  /** Existing files, by path, with their lengths. */
  files(): [string, number][] {
    return [...this.#there].flatMap(([path, content]) => (content ? [[path, content.bytes]] : []));
  }

  #rename(from: string, to: string): void {
    const content = this.#there.get(from);
    this.#there.delete(from);
    if (content) this.#there.set(to, content);
  }

  #flushNames(directory: string): void {
    for (const path of [...this.#flushed.keys()]) if (dirname(path) === directory) this.#flushed.delete(path);
    for (const [path, content] of this.#there)
      if (dirname(path) === directory) this.#flushed.set(path, content);
  }
}

function write(content: Content, end: number): void {
  content.bytes = Math.max(content.bytes, end);
}

function cut(content: Content, bytes: number): void {
  content.bytes = bytes;
  content.flushed = Math.min(content.flushed, bytes);
  if (content.forgotten !== null && content.forgotten >= bytes) content.forgotten = null;
}
