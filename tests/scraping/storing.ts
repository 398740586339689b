import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesBelow } from '../../sandbox/s3/objects.js';
import { S3Server } from '../../sandbox/s3/server.js';
import { createSteadyClock } from '../../src/kernel/clock.js';
import { nodeTimers } from '../../src/kernel/timers.js';
import type { Checkpoint } from '../../src/runs/store.js';
import { openSink } from '../../src/scraping/sinks/open_sink.js';
import { connectS3, type S3Config } from '../../src/scraping/sinks/s3_bucket.js';
import type { Sink, StoringSource } from '../../src/scraping/sinks/sink.js';
import { TARGETS, type Target } from '../../src/sources/store.js';
import { ManualTime } from '../service/manual_time.js';

export const NOTHING_STORED: Checkpoint = { lastMessageId: 0, monthPath: null, monthBytes: 0 };
export const NEVER = new AbortController().signal;
export const NO_S3: S3Config = {
  ...{ endpoint: null, region: null, bucket: null, accessKeyId: null, secretAccessKey: null },
  forcePathStyle: false,
};

/** A machine on which one source stores to one target. */
export class StoringPlace {
  readonly target: Target;
  readonly dataDir: string;
  readonly nasRoot: string;
  readonly time = new ManualTime();
  readonly s3: S3Config;
  readonly server: S3Server | null;
  source: StoringSource;

  private constructor(target: Target, directory: string, server: S3Server | null) {
    this.target = target;
    this.dataDir = join(directory, 'data');
    this.nasRoot = join(directory, 'nas');
    this.server = server;
    this.s3 = server?.config('bucket') ?? NO_S3;
    this.source = { id: 7, createdAt: 1_740_000_000_000, target, targetPath: 'tech/news' };
  }

  static async make(target: Target): Promise<StoringPlace> {
    const directory = await mkdtemp(join(tmpdir(), 'sink-'));
    const server = target === 'S3' ? await S3Server.start('bucket') : null;
    const place = new StoringPlace(target, directory, server);
    await mkdir(place.nasRoot);
    return place;
  }

  /** The root of a target on disk. */
  get root(): string {
    return this.target === 'NAS' ? this.nasRoot : join(this.dataDir, 'scraped');
  }

  open(checkpoint = NOTHING_STORED, signal = NEVER, s3 = this.s3, dataDir = this.dataDir): Promise<Sink> {
    const config = { dataDir, nasRoot: this.nasRoot, s3 };
    const clock = createSteadyClock(this.time, null);
    return openSink(
      this.source,
      checkpoint,
      { config, clock, timers: nodeTimers, newId: randomUUID },
      signal,
    );
  }

  /** What is stored at this path below the target's root; null: nothing. */
  async text(path: string): Promise<string | null> {
    const content = await this.#content(path);
    return content === null ? null : content.toString();
  }

  /** The SHA-256 of what is stored at this path, in lower-case hex. */
  async checksum(path: string): Promise<string> {
    const content = await this.#content(path);
    return createHash('sha256')
      .update(content ?? '')
      .digest('hex');
  }

  /** Everything stored except markers: paths below the target's root, in order. */
  async paths(): Promise<string[]> {
    const names = this.server === null ? await filesBelow(this.root) : await this.server.keys('bucket');
    return names.filter((name) => !name.endsWith('.telegate-source')).sort();
  }

  async #content(path: string): Promise<Buffer | null> {
    if (this.target !== 'S3') return readFile(join(this.root, path)).catch(() => null);
    const bucket = await connectS3(this.s3);
    const facts = await bucket.info(path, NEVER);
    const pieces: Uint8Array[] = [];
    if (facts !== null && facts.bytes > 0) {
      for await (const piece of await bucket.read(path, facts.bytes, NEVER)) pieces.push(piece);
    }
    bucket.close();
    return facts && Buffer.concat(pieces);
  }

  async remove(): Promise<void> {
    await this.server?.close();
    await rm(join(this.dataDir, '..'), { recursive: true, force: true });
  }
}

/** Every target, for suites that apply to all of them. */
export const ALL_TARGETS = TARGETS.map((target) => [target] as const);

/** The lines of messages. */
export function lines(...ids: readonly number[]): Buffer {
  return Buffer.from(ids.map((id) => `{"id":${id}}\n`).join(''));
}
