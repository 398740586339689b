import type { Clock } from '../kernel/clock.js';
import { Conflict, NotFound } from '../kernel/errors.js';
import type { UseLimit } from './uses.js';

/** The maximum number of tags with a limit: leasing a session reads those of its tags. */
export const MAX_TAG_LIMITS = 500;

/** How many sessions one transaction examines after a limit has changed. */
const AT_ONCE = 200;

/** The limits of tags. Each call is one transaction. */
export interface TagLimitStore {
  /** By tag. */
  list(): Promise<UseLimit[]>;
  /** False: there are `MAX_TAG_LIMITS` others. */
  set(limit: UseLimit): Promise<boolean>;
  /** False: there was none. */
  remove(tag: string): Promise<boolean>;
  /**
   * Lets the current limits decide which of the next sessions with the tag, by id after `afterId`, have had all their
   * uses; resolves to the last one's id, null: there are no more.
   */
  apply(tag: string, afterId: number, limit: number, now: number): Promise<number | null>;
}

/** How often sessions with a tag may be leased in a day. */
export class TagLimits {
  readonly #store: TagLimitStore;
  readonly #clock: Clock;

  constructor(store: TagLimitStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** By tag. */
  list(): Promise<UseLimit[]> {
    return this.#store.list();
  }

  /** Holds for every lease from now on; when it resolves, no session beyond it is free. @throws Conflict. */
  async set(limit: UseLimit): Promise<void> {
    if (!(await this.#store.set(limit))) {
      const message = `${MAX_TAG_LIMITS} tags have limits: remove one first`;
      throw new Conflict({ error: 'too_many_tag_limits', message });
    }
    await this.#apply(limit.tag);
  }

  /** @throws NotFound. */
  async remove(tag: string): Promise<void> {
    if (!(await this.#store.remove(tag))) throw new NotFound('Limit');
    await this.#apply(tag);
  }

  async #apply(tag: string): Promise<void> {
    for (let last: number | null = 0; last !== null; ) {
      last = await this.#store.apply(tag, last, AT_ONCE, this.#clock.now());
    }
  }
}
