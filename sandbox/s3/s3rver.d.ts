/** Types for the parts of the S3 server that are used: it has none. */
declare module 's3rver' {
  import type { AddressInfo } from 'node:net';
  import type { Readable } from 'node:stream';

  export interface StoredObject {
    readonly bucket: string;
    readonly key: string;
    readonly content: Buffer | Readable;
    readonly metadata: Readonly<Record<string, string>>;
  }

  export interface Stored {
    readonly size: number;
    readonly md5: string;
  }

  export interface Store {
    putObject(object: StoredObject): Promise<Stored>;
    putPart(bucket: string, uploadId: string, part: number, content: Readable): Promise<Stored>;
    listObjects(
      bucket: string,
      options: {
        readonly prefix?: string | undefined;
        readonly startAfter?: string | undefined;
        readonly maxKeys: number;
      },
    ): Promise<{ readonly objects: readonly { readonly key: string }[]; readonly isTruncated: boolean }>;
    putMetadata(bucket: string, key: string, metadata: object, md5: string): Promise<void>;
    getResourcePath(bucket: string, key: string | undefined, resource: string): string;
  }

  export interface Context {
    readonly method: string;
    readonly path: string;
    readonly query: Readonly<Record<string, string>>;
    status: number;
    type: string;
    body: unknown;
  }

  // biome-ignore lint/style/noDefaultExport: the package exports nothing else
  export default class S3rver {
    constructor(options: object);
    readonly store: Store;
    readonly middleware: ((context: Context, next: () => Promise<void>) => Promise<void>)[];
    run(): Promise<AddressInfo>;
    close(): Promise<void>;
  }
}
