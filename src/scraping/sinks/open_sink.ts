import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.js';
import type { Timers } from '../../kernel/timers.js';
import type { Checkpoint } from '../../runs/store.js';
import { DiskSink } from './disk_sink.js';
import { SinkFailed } from './failures.js';
import type { S3Config } from './s3_bucket.js';
import type { Sink, StoringSource } from './sink.js';

/** What sinks need: the settings of their targets, and their dependencies. */
export interface SinkParts {
  readonly config: {
    readonly dataDir: string;
    /** Null: there is no NAS. */
    readonly nasRoot: string | null;
    readonly s3: S3Config;
  };
  readonly clock: Clock;
  readonly timers: Timers;
  /** Never the same twice, and fit for a file's name. */
  readonly newId: () => string;
}

/** The root of the target LOCAL. */
export function localRoot(dataDir: string): string {
  return join(dataDir, 'scraped');
}

/**
 * Opens the sink of a source, and removes all that was stored there beyond the checkpoint. To be called by the only
 * run of the source, and again to continue after a failure.
 * @throws SinkFailed, or the signal's reason.
 */
export async function openSink(
  source: StoringSource,
  checkpoint: Checkpoint,
  { config, clock, timers, newId }: SinkParts,
  signal: AbortSignal,
): Promise<Sink> {
  signal.throwIfAborted();
  const parts = { timers, newId };
  switch (source.target) {
    case 'LOCAL':
      return DiskSink.open('LOCAL', localRoot(config.dataDir), source, checkpoint, parts);
    case 'NAS':
      if (config.nasRoot === null) throw new SinkFailed('NAS', null, 'NAS_ROOT is not set');
      return DiskSink.open('NAS', config.nasRoot, source, checkpoint, parts);
    case 'S3': {
      const workingRoot = join(config.dataDir, 'scraped-working');
      // Loaded by those who use it: it takes memory.
      const [{ connectS3 }, { S3Sink }] = await Promise.all([
        import('./s3_bucket.js'),
        import('./s3_sink.js'),
      ]);
      const bucket = await connectS3(config.s3);
      return S3Sink.open(source, checkpoint, { bucket, workingRoot, clock, newId }, signal);
    }
  }
}
