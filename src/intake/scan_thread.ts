import { setImmediate } from 'node:timers/promises';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { ScanInterrupted } from './errors.js';
import { withAncestors } from './names.js';
import {
  CurrentFile,
  type InspectedFile,
  type KnownPage,
  packError,
  type ScanOperations,
  type ScanReply,
  type ScanRequest,
  type ScanSummary,
  type ScanTask,
} from './scan_protocol.js';
import { SessionReader } from './session_reader.js';
import { loneJsonRefusal } from './sync_rules.js';
import { type Listing, NamedEntries, type ScanOptions, Walk, type WalkEntry } from './walk.js';

/**
 * The scan thread: everything that reads session files, off the event loop that serves requests. Its first message
 * names their directory; each later one is a request; `null` ends the task, after which it can get another.
 */
function serve(port: MessagePort): void {
  port.once('message', (task: ScanTask) => {
    const operations = operationsOf(task);
    port.on('message', function take(request: ScanRequest | null) {
      if (request !== null) return void answer(operations, request).then((reply) => port.postMessage(reply));
      port.off('message', take);
      serve(port);
    });
  });
}

function operationsOf({ current, ...options }: ScanTask): ScanOperations {
  const reader = new SessionReader(options, new CurrentFile(current));
  let scan: Scan | null = null;
  const begun = () => {
    if (scan === null) throw new ScanInterrupted('no scan is under way');
    return scan;
  };
  return {
    begin(only, avoid) {
      scan = new Scan(options, { only: only && new Set(only), avoid: new Set(avoid) }, reader);
    },
    known: (page) => begun().addKnown(page),
    run: () => begun().run(),
    readNext: (limit) => begun().readNext(limit),
    goneNext: (limit) => begun().goneNext(limit),
    end() {
      scan = null;
    },
    credentials: (file, json) => reader.credentials(file, json),
    channels: (file, authKeySha256, since) => reader.channels(file, authKeySha256, since),
    fileBytes: (file) => reader.fileBytes(file),
  };
}

async function answer(operations: ScanOperations, { id, operation, args }: ScanRequest): Promise<ScanReply> {
  try {
    const operate: (...args: never[]) => unknown = operations[operation];
    return { id, failure: null, value: await operate(...(args as never[])) };
  } catch (error) {
    return { id, failure: packError(error) };
  }
}

/** What a scan covers and what it skips. */
interface ScanScope {
  /** The only names to scan; null: all there are. */
  readonly only: ReadonlySet<string> | null;
  /** Files not to read, because reading them has hung before. */
  readonly avoid: ReadonlySet<string>;
}

/** A file to be read. */
interface DueFile {
  readonly entry: WalkEntry;
  readonly kind: 'appeared' | 'changed';
}

const AVOIDED = 'reading it took too long the last time';

/**
 * One comparison of the sessions directory with what is known. Add everything known, `run` it, then read what it
 * found.
 */
class Scan {
  readonly #options: ScanOptions;
  readonly #scope: ScanScope;
  readonly #reader: SessionReader;
  /** Fingerprints by name. After `run`: those of the names that are gone. */
  readonly #known = new Map<string, string>();
  readonly #due: DueFile[] = [];
  #read = 0;

  constructor(options: ScanOptions, scope: ScanScope, reader: SessionReader) {
    this.#options = options;
    this.#scope = scope;
    this.#reader = reader;
  }

  /** Adds a page of what is known. In a scan of certain names, other names don't count. */
  addKnown({ names, fingerprints }: KnownPage): void {
    names.forEach((name, index) => {
      if (this.#scope.only?.has(name) ?? true) this.#known.set(name, fingerprints[index] ?? '');
    });
  }

  /** Compares. @throws SessionsDirectoryUnreadable. */
  async run(): Promise<ScanSummary> {
    const { only } = this.#scope;
    const listing: Listing = only === null ? new Walk(this.#options) : new NamedEntries(this.#options, only);
    const yielder = new EventLoopYielder();
    let found = 0;
    for (const entry of listing.entries()) {
      if (this.#compare(entry, listing)) found += 1;
      if (yielder.isDue()) await yielder.yield();
    }
    this.#keepBelow(listing.unreadable);
    const appeared = this.#due.filter(({ kind }) => kind === 'appeared').length;
    const { list: rejected, total: rejectedTotal } = listing.rejections;
    const { device } = listing;
    const changed = this.#due.length - appeared;
    return { device, found, appeared, changed, gone: this.#known.size, rejected, rejectedTotal };
  }

  /** The next files that appeared or changed, read; empty: there are no more. */
  async readNext(limit: number): Promise<InspectedFile[]> {
    const yielder = new EventLoopYielder();
    const files: InspectedFile[] = [];
    while (files.length < limit) {
      const due = this.#due[this.#read];
      if (due === undefined) break;
      this.#read += 1;
      files.push(this.#inspect(due));
      if (yielder.isDue()) await yielder.yield();
    }
    return files;
  }

  /** The next known names that were not found; empty: there are no more. */
  goneNext(limit: number): string[] {
    const names: string[] = [];
    for (const name of this.#known.keys()) {
      if (names.length >= limit) break;
      names.push(name);
      this.#known.delete(name);
    }
    return names;
  }

  /** Whether the entry is a session. */
  #compare(entry: WalkEntry, listing: Listing): boolean {
    const { name, file, json, fingerprint } = entry;
    const known = this.#known.get(name);
    if (known !== fingerprint) {
      const refused = file === null && json !== null ? this.#refusal(json, fingerprint, known) : null;
      if (refused !== null) {
        listing.rejections.add(json ?? '', refused);
        return false;
      }
      this.#due.push({ entry, kind: known === undefined ? 'appeared' : 'changed' });
    }
    this.#known.delete(name);
    return true;
  }

  /** Why a `.json` file on its own is not a session; null: it is one. */
  #refusal(json: string, fingerprint: string, known: string | undefined): string | null {
    const found = this.#scope.avoid.has(json)
      ? { refused: AVOIDED, mayBeTorn: true }
      : this.#reader.loneJson(json, fingerprint);
    return loneJsonRefusal(found, known !== undefined);
  }

  #inspect({ entry, kind }: DueFile): InspectedFile {
    const { name, file, json, fingerprint } = entry;
    if (this.#scope.avoid.has(file ?? json ?? '')) return { name, kind, unsettled: true, reason: AVOIDED };
    const { inspection, unsettled } = this.#reader.inspect(entry);
    if (inspection === null) return { name, kind, unsettled: true, reason: unsettled };
    return { name, file, json, fingerprint, kind, inspection };
  }

  /** Nothing at or below an unreadable directory is known to be gone. */
  #keepBelow(unreadable: ReadonlySet<string>): void {
    if (unreadable.size === 0) return;
    for (const name of this.#known.keys()) {
      if (withAncestors(name).some((path) => unreadable.has(path))) this.#known.delete(name);
    }
  }
}

/** How long work may block the thread's event loop, in milliseconds. */
const MAX_BLOCKED_MS = 10;

/** Splits long work, so that other requests to the thread need not wait for its end. */
class EventLoopYielder {
  #since = performance.now();

  /** Whether the event loop has been blocked for long enough. */
  isDue(): boolean {
    return performance.now() - this.#since > MAX_BLOCKED_MS;
  }

  /** Yields to the event loop. */
  async yield(): Promise<void> {
    await setImmediate();
    this.#since = performance.now();
  }
}

if (parentPort) serve(parentPort);
