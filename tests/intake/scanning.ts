import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { InspectedFile, KnownPage, ScanSummary } from '../../src/intake/scan_protocol.js';
import { Scanner, type ScannerOptions } from '../../src/intake/scanner.js';
import { type SessionCheck, Walk, type WalkEntry } from '../../src/intake/walk.js';
import { digest, inDirectory } from './session_files.js';

/** Runs the test with an empty sessions directory and a scanner over it. */
export function scanning(
  test: (scanner: Scanner, root: string) => Promise<void>,
  options: Partial<ScannerOptions> = {},
): () => Promise<void> {
  return () =>
    inDirectory(async (root) => {
      const scanner = new Scanner({ root, check: 'lenient', maxBytes: 64 * 1024 * 1024, ...options });
      try {
        await test(scanner, root);
      } finally {
        await scanner.close();
      }
    });
}

/** Everything that reading could change: names, kinds, sizes, times and contents, including directories. */
export function snapshot(directory: string): string[] {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  return ['.', ...paths].map((path) => {
    const stats = statSync(join(directory, path));
    const content = stats.isFile() ? digest(readFileSync(join(directory, path))) : 'no file';
    return `${path} ${stats.mode} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs} ${content}`;
  });
}

/** The results of one complete scan. */
export interface ScanResult {
  readonly summary: ScanSummary;
  readonly files: readonly InspectedFile[];
  readonly gone: readonly string[];
}

/** Scans from beginning to end, in batches of two. */
export async function scan(scanner: Scanner, known: Known = new Map(), only?: string[]): Promise<ScanResult> {
  const summary = await scanner.begin(pagesOf(known), only);
  const files: InspectedFile[] = [];
  const gone: string[] = [];
  for (let next = await scanner.readNext(2); next.length > 0; next = await scanner.readNext(2))
    files.push(...next);
  for (let next = await scanner.goneNext(2); next.length > 0; next = await scanner.goneNext(2))
    gone.push(...next);
  await scanner.end();
  return { summary, files, gone };
}

/** Fingerprints by name. */
export type Known = ReadonlyMap<string, string>;

/** What a service knows after it has imported everything that a scan found. */
export function knownAfter({ files }: ScanResult): Map<string, string> {
  return new Map(
    files.flatMap((file) => ('unsettled' in file ? [] : [[file.name, file.fingerprint] as const])),
  );
}

/** Two names per page. */
export async function* pagesOf(known: Known): AsyncGenerator<KnownPage> {
  const entries = [...known];
  for (let at = 0; at < entries.length; at += 2) {
    const page = entries.slice(at, at + 2);
    yield { names: page.map(([name]) => name), fingerprints: page.map(([, fingerprint]) => fingerprint) };
  }
}

/** The results of one complete walk. */
export interface Walked {
  readonly entries: WalkEntry[];
  readonly walk: Walk;
}

/** Walks from beginning to end. */
export function walked(root: string, check: SessionCheck = 'lenient'): Walked {
  const walk = new Walk({ root, check, maxBytes: 64 * 1024 * 1024 });
  return { entries: [...walk.entries()], walk };
}
