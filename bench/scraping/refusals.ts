import { everyTenthWrite, FaultyProxy } from '../../sandbox/s3/faulty_proxy.js';
import type { S3Config } from '../../src/scraping/sinks/s3_bucket.js';
import { noted } from '../finding.js';
import { nodeCommand } from '../programs.js';
import type { Workplace } from '../workplace.js';
import { storedBelow, storedInBucket } from './stored.js';
import type { Trial } from './trial.js';

/** Loaded before the service. */
const FAILING_DISK = new URL('../../sandbox/failing_disk.js', import.meta.url).href;

/** A NAS whose disk fails every tenth write. */
export async function failingNas(place: Workplace): Promise<Trial> {
  const root = await place.makeDirectory('nas');
  return {
    name: 'refusals by a NAS',
    accounts: 2,
    target: 'NAS',
    settings: { NAS_ROOT: root, NODE_OPTIONS: `--import=${FAILING_DISK}` },
    stored: storedBelow(root),
    trouble: ({ scraper }) => ({
      async end() {
        // It prints that when it ends.
        const ended = await scraper.server.stop('SIGTERM');
        await scraper.server.start();
        const { writes, refused } = JSON.parse(/\{"writes".*\}/.exec(ended?.stderr ?? '')?.[0] ?? '{}');
        return [noted(`refused, of ${writes} writes`, { value: refused, unit: '' })];
      },
    }),
  };
}

/** A bucket behind a server that spoils every tenth write: it refuses it, or disconnects before or after doing it. */
export async function failingBucket(place: Workplace): Promise<Trial> {
  const env = { TMPDIR: await place.makeDirectory('s3') };
  const direct: S3Config = JSON.parse(await place.start(nodeCommand('bucket', [], env)).firstLine);
  const proxy = await FaultyProxy.start(Number(new URL(direct.endpoint ?? '').port));
  place.afterwards(() => proxy.close());
  proxy.spoil = everyTenthWrite(503, 'lost', 500, 'unanswered');
  return {
    name: 'refusals by S3',
    accounts: 2,
    target: 'S3',
    settings: {
      S3_ENDPOINT: `http://127.0.0.1:${proxy.port}`,
      S3_BUCKET: direct.bucket ?? '',
      S3_ACCESS_KEY_ID: direct.accessKeyId ?? '',
      S3_SECRET_ACCESS_KEY: direct.secretAccessKey ?? '',
    },
    stored: storedInBucket(direct),
    trouble: () => ({ end: async () => [noted('requests spoilt', { value: proxy.spoilt, unit: '' })] }),
  };
}
