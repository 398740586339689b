/** An object as it is now. */
export interface ObjectFacts {
  readonly bytes: number;
  /** Changes with its content. */
  readonly etag: string;
}

/** What is uploaded: text, or the first bytes of a file. */
export type ObjectContent = string | { readonly path: string; readonly bytes: number };

/**
 * A bucket, as a sink uses it. Every call rejects with `SinkFailed`, or with the signal's reason once that is
 * aborted; what may pass by itself was tried some times then.
 */
export interface Bucket {
  /** Puts an object in place of what was there, whole or not at all; resolves to its etag once it is there to stay. */
  put(key: string, content: ObjectContent, signal: AbortSignal): Promise<string>;
  /** Null: there is no such object. */
  facts(key: string, signal: AbortSignal): Promise<ObjectFacts | null>;
  /** The first `bytes` of an object, at least one. */
  read(key: string, bytes: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** The keys that begin like this, in order, from those after `after` on. */
  keys(prefix: string, after: string, signal: AbortSignal): AsyncIterable<string>;
  remove(key: string, signal: AbortSignal): Promise<void>;
  /** Ends the uploads that were begun for keys that begin like this, where the server knows how to. */
  abandonUploads(prefix: string, signal: AbortSignal): Promise<void>;
  close(): void;
}
