import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FlushedEvent, FlushedRun, FlushedRunOptions } from './flushed_run.js';
import { PowerCut } from './power_cut.js';

const RUN = fileURLToPath(new URL('./flushed_run.js', import.meta.url));
const MESSAGES = 120;
const FILES = 6;
const DIRECTORY = 'source-1';

/** What the disk fails to flush the second time. */
const REFUSED_ONCE = {
  'a month': '/messages/[^/]+\\.jsonl$',
  'a file': '/\\.part-',
  'the names of files': '/files/[^/]+$',
};

let directory: string;
let nasRoot: string;
let run: FlushedRun;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'power-cut-'));
  nasRoot = join(directory, 'nas');
  mkdirSync(nasRoot);
  const settings: FlushedRunOptions = { directory, nasRoot, refusedOnce: Object.values(REFUSED_ONCE) };
  const args = ['--no-warnings', RUN, JSON.stringify(settings)];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    ...{ encoding: 'utf8', env: { NAS_ROOT: nasRoot }, maxBuffer: 2 ** 26, timeout: 60_000 },
  });
  if (stdout === '') throw new Error(stderr);
  run = JSON.parse(stdout);
}, 90_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The recorded months and files that a power cut would have lost, at each record. */
function lost(events: readonly FlushedEvent[]): string[] {
  const cut = new PowerCut(nasRoot);
  const counted = new Map<string, number>();
  return events.flatMap((event) => {
    if (event.call !== 'recorded') {
      cut.pass(event);
      return [];
    }
    const { lastMessageId, monthPath, monthBytes } = event.checkpoint;
    if (monthPath !== null) {
      // Those before it have ended, and count in full.
      for (const [path, bytes] of cut.files()) {
        const isEnded = path.endsWith('.jsonl') && path < join(nasRoot, monthPath);
        if (isEnded) counted.set(path, bytes);
      }
      counted.set(join(nasRoot, monthPath), monthBytes);
    }
    for (const { path, sizeBytes } of event.files)
      if (path !== null) counted.set(join(nasRoot, path), sizeBytes);
    return [...counted]
      .filter(([path, bytes]) => (cut.left(path) ?? -1) < bytes)
      .map(([path, bytes]) => `${path}: ${cut.left(path)} of ${bytes} bytes, at message ${lastMessageId}`);
  });
}

function said(pattern: RegExp): string[] {
  return run.log
    .filter(({ level }) => level === 'warning')
    .flatMap(({ message }) => pattern.exec(message) ?? []);
}

describe('a run on a disk that sometimes fails to flush', () => {
  it('records a page only once its files, their names and its month would survive a power cut', () => {
    const recorded = run.events.filter(({ call }) => call === 'recorded');
    expect(recorded.length).toBeGreaterThan(1);
    expect(lost(run.events)).toEqual([]);
  });

  it.each(Object.entries(REFUSED_ONCE))('flushes %s, which fails once', (_what, pattern) => {
    const isSuch = ({ path }: { readonly path: string }) => new RegExp(pattern).test(path);
    const refused = run.events.filter((event) => event.call === 'sync' && event.refused && isSuch(event));
    expect(refused).toHaveLength(1);
  });

  it('says in its log which month and which file could not be flushed', () => {
    const faltering = 'NAS_ROOT does not respond properly \\(EIO\\): check the disk$';
    expect(said(new RegExp(`^NAS ${DIRECTORY}/messages/2024-0[12]\\.jsonl: ${faltering}`))).toHaveLength(1);
    expect(said(new RegExp(`^NAS ${DIRECTORY}/files/2024-0[12]/.*: ${faltering}`))).toHaveLength(1);
  });

  it('repeats what was not recorded, and stores everything once', () => {
    expect(run).toMatchObject({ state: 'completed', messagesStored: MESSAGES });
    const messages = ['2024-01', '2024-02'].flatMap((month) =>
      readFileSync(join(nasRoot, DIRECTORY, 'messages', `${month}.jsonl`), 'utf8')
        .trim()
        .split('\n'),
    );
    const ids = messages.map((line) => JSON.parse(line).id);
    expect(new Set(ids).size).toBe(MESSAGES);
    expect(ids).toHaveLength(MESSAGES);
    expect(run.filesDone).toBe(FILES);
  });
});
