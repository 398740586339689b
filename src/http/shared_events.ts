import type { Cluster } from '../cluster/cluster.js';
import type { Audience, EventHub } from './events.js';

/** The topic on which replicas hear of events. */
const PUBLISHED = 'event published';

/** Events for the listeners of every replica. */
export class SharedEvents {
  readonly #events: Pick<EventHub, 'publish'>;
  readonly #cluster: Pick<Cluster, 'tell'>;

  constructor(events: Pick<EventHub, 'publish'>, cluster: Pick<Cluster, 'tell' | 'onTold'>) {
    this.#events = events;
    this.#cluster = cluster;
    cluster.onTold(PUBLISHED, (told) => {
      const { event, data, audience } = told as Published;
      events.publish(event, data, audience);
    });
  }

  /** Sends to the listeners here and at the other replicas; `data` must be small. */
  publish(event: string, data: unknown, audience: Audience = 'all'): void {
    this.#events.publish(event, data, audience);
    this.#cluster.tell(PUBLISHED, { event, data, audience } satisfies Published);
  }
}

interface Published {
  readonly event: string;
  readonly data: unknown;
  readonly audience: Audience;
}
