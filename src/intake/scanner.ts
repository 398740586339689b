import { resolve } from 'node:path';
import { LRUCache } from 'lru-cache';
import { ScanInterrupted } from './errors.js';
import type { Inspection } from './formats/inspect.js';
import type { Credentials } from './formats/session_string.js';
import type { Rejection } from './rejections.js';
import { type ScannerOptions, ScanWorker } from './scan_worker.js';

/** Known names and their fingerprints, index by index; a thousand or so. */
export interface KnownPage {
  readonly names: readonly string[];
  readonly fingerprints: readonly string[];
}

/** What a scan found; of what it rejected, the first thousand. */
export interface ScanSummary {
  /** `st_dev` of the sessions directory in decimal. */
  readonly device: string;
  readonly found: number;
  readonly appeared: number;
  readonly changed: number;
  readonly gone: number;
  readonly rejected: readonly Rejection[];
  readonly rejectedTotal: number;
}

/** A new or changed session; `unsettled`: it can't be judged now and will come up again in the next scan. */
export type InspectedFile =
  | {
      readonly name: string;
      readonly file: string | null;
      readonly json: string | null;
      readonly fingerprint: string;
      readonly kind: 'appeared' | 'changed';
      readonly inspection: Inspection;
    }
  | {
      readonly name: string;
      readonly kind: 'appeared' | 'changed';
      readonly unsettled: true;
      readonly reason: string;
    };

/** How long a file that hung the thread is left alone. Milliseconds. */
const avoidMs = 3_600_000;

/**
 * Compares the sessions directory with what is known of it, on a thread of its own that starts when it is
 * needed and ends when it is idle. One scan at a time; lists are drawn in batches, so as not to hold up the
 * caller's event loop. When the thread is lost, what waits for it rejects with ScanInterrupted and the scan
 * is over; the next `begin` has a new thread.
 */
export class Scanner {
  readonly #options: ScannerOptions;
  readonly #avoid = new LRUCache<string, true>({ max: 1000, ttl: avoidMs });
  #worker: ScanWorker | null = null;
  #scanning = false;
  #closed = false;

  constructor(options: ScannerOptions) {
    this.#options = { ...options, root: resolve(options.root) };
  }

  /**
   * Scans all of the directory, or `only` certain names; forgets any scan before. Rejects, and is over, with
   * SessionsDirectoryUnreadable, with ScanInterrupted naming a file that took too long (left alone for an
   * hour from then on), or with what `known` throws.
   */
  async begin(known: AsyncIterable<KnownPage>, only?: readonly string[]): Promise<ScanSummary> {
    this.#scanning = true;
    try {
      const worker = this.#started();
      await worker.call('begin', only ?? null, [...this.#avoid.keys()]);
      for await (const page of known) await worker.call('known', page);
      return await worker.call('run');
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  /** The next files that appeared or changed, read and inspected; empty: there are no more. */
  readNext(limit: number): Promise<InspectedFile[]> {
    return this.#call((worker) => worker.call('readNext', limit));
  }

  /** The next names that are known and were not found; empty: there are no more. */
  goneNext(limit: number): Promise<string[]> {
    return this.#call((worker) => worker.call('goneNext', limit));
  }

  /** Forgets the scan. Never rejects. */
  async end(): Promise<void> {
    this.#scanning = false;
    // A thread that is lost now has forgotten the scan too.
    await this.#worker?.call('end').catch(() => undefined);
    this.#worker?.mayRest();
  }

  /**
   * Reads one session's credentials from its files, relative to the sessions directory; null: it has none
   * that can be read. Rejects with SessionFileUnreadable. Works during a scan as well.
   */
  async credentials(file: string | null, json: string | null): Promise<Credentials | null> {
    const found = await this.#call((worker) => worker.call('credentials', file, json));
    // Between threads a Buffer arrives as a plain Uint8Array.
    return found && { ...found, authKey: Buffer.from(found.authKey) };
  }

  /** Reads one session's `.session` file whole. Rejects with SessionFileUnreadable. Works during a scan as well. */
  async fileBytes(file: string): Promise<Buffer> {
    return Buffer.from(await this.#call((worker) => worker.call('fileBytes', file)));
  }

  /** Ends the thread for good; what waits for it is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.end('scanner is closed');
  }

  async #call<T>(ask: (worker: ScanWorker) => Promise<T>): Promise<T> {
    const worker = this.#started();
    try {
      return await ask(worker);
    } finally {
      if (!this.#scanning) worker.mayRest();
    }
  }

  #started(): ScanWorker {
    if (this.#closed) throw new ScanInterrupted('scanner is closed');
    this.#worker ??= new ScanWorker(this.#options, (stuckIn) => {
      if (stuckIn !== null) this.#avoid.set(stuckIn, true);
      this.#worker = null;
      this.#scanning = false;
    });
    return this.#worker;
  }
}
