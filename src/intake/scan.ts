import type { Survey, WalkEntry } from './entries.js';
import { EventLoopYielder } from './event_loop_yielder.js';
import { NamedEntries } from './named_entries.js';
import { lineageOf } from './names.js';
import type { InspectedFile, KnownPage, ScanSummary } from './scanner.js';
import type { ReaderOptions, SessionReader } from './session_reader.js';
import { Walk } from './walk.js';

/** What a scan looks at and what it leaves alone. */
export interface ScanScope {
  /** The only names to look at; null: all there are. */
  readonly only: ReadonlySet<string> | null;
  /** Files not to be read, since reading them has hung before. */
  readonly avoid: ReadonlySet<string>;
}

/** A file to be read. */
interface Due {
  readonly entry: WalkEntry;
  readonly kind: 'appeared' | 'changed';
}

const avoided = 'reading it took too long the last time';

/**
 * One comparison of the sessions directory with what is known of it. Give it all that is known, `run` it,
 * then draw what it found. Runs in the scan thread.
 */
export class Scan {
  readonly #options: ReaderOptions;
  readonly #scope: ScanScope;
  readonly #reader: SessionReader;
  /** Fingerprints by name. After `run`: those of the names that are gone. */
  readonly #known = new Map<string, string>();
  readonly #due: Due[] = [];
  #read = 0;

  constructor(options: ReaderOptions, scope: ScanScope, reader: SessionReader) {
    this.#options = options;
    this.#scope = scope;
    this.#reader = reader;
  }

  /** Adds a page of what is known. Of a scan of certain names, other names don't count. */
  addKnown({ names, fingerprints }: KnownPage): void {
    names.forEach((name, index) => {
      if (this.#scope.only?.has(name) ?? true) this.#known.set(name, fingerprints[index] ?? '');
    });
  }

  /** Compares. Throws SessionsDirectoryUnreadable. */
  async run(): Promise<ScanSummary> {
    const { only } = this.#scope;
    const survey: Survey = only === null ? new Walk(this.#options) : new NamedEntries(this.#options, only);
    const yielder = new EventLoopYielder();
    let found = 0;
    for (const entry of survey.entries()) {
      if (this.#meet(entry, survey)) found += 1;
      if (yielder.isDue()) await yielder.yield();
    }
    this.#forgiveUnreadable(survey.unreadable);
    const appeared = this.#due.filter(({ kind }) => kind === 'appeared').length;
    const { list: rejected, total: rejectedTotal } = survey.rejections;
    const changed = this.#due.length - appeared;
    return {
      device: survey.device,
      found,
      appeared,
      changed,
      gone: this.#known.size,
      rejected,
      rejectedTotal,
    };
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
  #meet(entry: WalkEntry, survey: Survey): boolean {
    const fingerprint = this.#known.get(entry.name);
    const kind = fingerprint === undefined ? 'appeared' : 'changed';
    if (fingerprint !== entry.fingerprint) {
      if (entry.file === null && !this.#isSession(entry, kind, survey)) return false;
      this.#due.push({ entry, kind });
    }
    this.#known.delete(entry.name);
    return true;
  }

  #isSession({ json, fingerprint }: WalkEntry, kind: Due['kind'], survey: Survey): boolean {
    if (json === null) return false;
    const verdict = this.#scope.avoid.has(json)
      ? { refused: avoided, mayBeTorn: true }
      : this.#reader.loneJson(json, fingerprint);
    // A session's file that is half written now is still that session's.
    if (verdict === 'session' || (verdict.mayBeTorn && kind === 'changed')) return true;
    survey.rejections.add(json, verdict.refused);
    return false;
  }

  #inspect({ entry, kind }: Due): InspectedFile {
    const { name, file, json, fingerprint } = entry;
    if (this.#scope.avoid.has(file ?? json ?? '')) return { name, kind, unsettled: true, reason: avoided };
    const { inspection, unsettled } = this.#reader.inspect(entry);
    if (inspection === null) return { name, kind, unsettled: true, reason: unsettled };
    return { name, file, json, fingerprint, kind, inspection };
  }

  /** What lies at or below a directory that can't be read is not known to be gone. */
  #forgiveUnreadable(unreadable: ReadonlySet<string>): void {
    if (unreadable.size === 0) return;
    for (const name of this.#known.keys()) {
      if (lineageOf(name).some((path) => unreadable.has(path))) this.#known.delete(name);
    }
  }
}
