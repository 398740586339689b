import { z } from 'zod';
import type { Cluster } from '../cluster/cluster.js';
import { fitting } from '../cluster/fitting.js';
import { isProcessName } from '../kernel/process_name.js';
import type { Timers } from '../kernel/timers.js';
import type { PoolService } from './service.js';
import type { Waiter } from './wait_queue.js';

/** Who waits at your replica? */
const ASKED = 'waiting.asked';
const askedMessage = z.object({ id: z.string() });

const waitingRequest = z.object({
  holder: z.string(),
  address: z.string().nullable(),
  /** When it arrived and when it gives up, in milliseconds on the clock that replicas share. */
  arrivedAt: z.number(),
  until: z.number(),
  tags: z.array(z.string()),
  sessionId: z.int().nullable(),
  sessionName: z.string().nullable(),
  method: z.string().nullable(),
});

/** A request that waits for a session, as others are told of it. */
export type DescribedRequest = z.infer<typeof waitingRequest>;

/** The first requests of a replica, and how many wait there in all. */
const TOLD = 'waiting.told';
const toldMessage = askedMessage.extend({ count: z.int(), requests: z.array(waitingRequest) });
type ToldMessage = z.infer<typeof toldMessage>;

/** The space for requests in a message, in bytes of JSON: some thirty of them. */
const REQUESTS_BYTES = 6_000;

/** How long the other replicas may take to answer, in milliseconds. */
const ANSWER_MS = 500;

/** The maximum number of requests that are kept of the other replicas' answers. */
const MAX_HEARD = 500;

export interface WaitingRequestsParts {
  readonly pool: Pick<PoolService, 'waiting' | 'waitingHere'>;
  readonly cluster: Pick<Cluster, 'queues' | 'tell' | 'onTold'>;
  readonly timers: Timers;
  readonly newId: () => string;
}

/** Who waits for a session, here and at the other replicas, which are asked when somebody wants to know. */
export class WaitingRequests {
  readonly #parts: WaitingRequestsParts;
  #asking: Promise<readonly DescribedRequest[]> | null = null;
  #hear: (message: ToldMessage) => void = () => {};

  constructor(parts: WaitingRequestsParts) {
    this.#parts = parts;
    const { cluster } = parts;
    cluster.onTold(ASKED, (data) => {
      const { success, data: asked } = askedMessage.safeParse(data);
      const all = this.here();
      if (!success || all.length === 0) return;
      cluster.tell(TOLD, { id: asked.id, count: all.length, requests: fitting(all, REQUESTS_BYTES) });
    });
    cluster.onTold(TOLD, (data) => {
      const { success, data: told } = toldMessage.safeParse(data);
      if (success) this.#hear(told);
    });
  }

  /** Those at this replica, first come first. */
  here(): DescribedRequest[] {
    return this.#parts.pool.waitingHere().map(described);
  }

  /**
   * Those at the other replicas, in no order: as many as each tells of at once (some thirty). A replica that does not
   * answer within half a second is left out. Many who ask at the same time ask once.
   */
  elsewhere(): Promise<readonly DescribedRequest[]> {
    if (this.#parts.cluster.queues.length === 0) return Promise.resolve([]);
    this.#asking ??= this.#ask();
    return this.#asking;
  }

  #ask(): Promise<readonly DescribedRequest[]> {
    const { cluster, timers, newId } = this.#parts;
    const id = newId();
    const heard: DescribedRequest[] = [];
    let counted = 0;
    return new Promise((resolve) => {
      const finish = () => {
        stopTimer();
        this.#hear = () => {};
        this.#asking = null;
        resolve(heard);
      };
      const stopTimer = timers.after(ANSWER_MS, finish);
      this.#hear = (told) => {
        if (told.id !== id) return;
        heard.push(...told.requests.slice(0, MAX_HEARD - heard.length));
        counted += told.count;
        if (counted >= cluster.queues.length) finish();
      };
      cluster.tell(ASKED, { id });
    });
  }
}

function described({ request, arrivedAt, until }: Waiter): DescribedRequest {
  const { holder, tags, sessionId, sessionName, method } = request;
  const address = request.address !== null && isProcessName(request.address) ? null : request.address;
  return { holder, address, arrivedAt, until, tags: [...tags], sessionId, sessionName, method };
}
