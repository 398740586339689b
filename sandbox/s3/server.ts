import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import type { S3Config } from '../../src/scraping/sinks/s3_bucket.js';
import {
  type Pages,
  servePages,
  serveUnfinishedUploads,
  type UnfinishedUpload,
  unfinishedUploads,
} from './listings.js';
import { filesBelow, storeWhole } from './objects.js';

/** The server's name for the content of an object. */
const OBJECT = '._S3rver_object';

/** An S3 server on its own port, with its objects in its own directory. */
export class S3Server {
  readonly #server: S3rver;
  readonly #directory: string;
  readonly #port: number;
  readonly pages: Pages;

  private constructor(server: S3rver, directory: string, port: number, pages: Pages) {
    this.#server = server;
    this.#directory = directory;
    this.#port = port;
    this.pages = pages;
  }

  /** Starts it with these buckets. */
  static async start(...buckets: readonly string[]): Promise<S3Server> {
    const directory = await mkdtemp(join(tmpdir(), 's3-'));
    const configureBuckets = buckets.map((name) => ({ name }));
    const server = new S3rver({
      ...{ address: '127.0.0.1', port: 0, silent: true, vhostBuckets: false },
      ...{ directory, configureBuckets },
    });
    storeWhole(server.store);
    serveUnfinishedUploads(server);
    const pages: Pages = { largest: 1000 };
    servePages(server, pages);
    return new S3Server(server, directory, (await server.run()).port, pages);
  }

  get port(): number {
    return this.#port;
  }

  /** The settings of a service that stores there, through another port if given. */
  config(bucket: string, port = this.#port): S3Config {
    return {
      ...{ endpoint: `http://127.0.0.1:${port}`, region: null, bucket, forcePathStyle: true },
      ...{ accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    };
  }

  /** The keys of all objects. */
  async keys(bucket: string): Promise<string[]> {
    const names = await filesBelow(join(this.#directory, bucket));
    return names.filter((name) => name.endsWith(OBJECT)).map((name) => name.slice(0, -OBJECT.length));
  }

  /** Uploads that are neither completed nor aborted. */
  waiting(bucket: string): Promise<UnfinishedUpload[]> {
    return unfinishedUploads(this.#server.store, bucket);
  }

  async close(): Promise<void> {
    await this.#server.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
