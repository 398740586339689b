import type { Cluster } from '../../src/cluster/cluster.js';
import { SingleNode } from '../../src/cluster/single_node.js';

type Listener = (data: unknown) => void;

/** The largest message, in bytes of JSON. */
const LARGEST = 7_000;

/** Replicas in one process that notify each other immediately and in order. */
export class ToldInProcess {
  readonly #listeners: { readonly of: object; readonly topic: string; readonly listener: Listener }[] = [];
  /** Topics whose messages get lost. */
  readonly lost = new Set<string>();

  /** One more of them. */
  join(): Cluster {
    const own = new SingleNode();
    return {
      queues: own.queues,
      tell: (topic, data) => this.#tell(own, topic, data),
      onTold: (topic, listener) => this.#listeners.push({ of: own, topic, listener }),
      exclusively: own.exclusively.bind(own),
      takeJob: own.takeJob.bind(own),
      limiter: own.limiter.bind(own),
    };
  }

  #tell(from: object, topic: string, data: unknown): void {
    const text = JSON.stringify(data);
    if (this.lost.has(topic) || Buffer.byteLength(text) > LARGEST) return;
    for (const { of, topic: heard, listener } of this.#listeners)
      if (of !== from && heard === topic) listener(JSON.parse(text));
  }
}
