import { describe, expect, it } from '@jest/globals';
import type { RemoteQueues, WaitingRequest } from '../../src/cluster/cluster.js';
import { byKind, type Waiter, WaitQueue, wantsOf } from '../../src/pool/wait_queue.js';
import { wish } from '../contracts/stores.js';

/** Other replicas with `ahead` requests in front of each request here that wants `a`. */
class Remote implements RemoteQueues {
  readonly length = 0;
  readonly waiting = [];
  told: () => readonly WaitingRequest[] = () => [];
  readonly #ahead: number;

  constructor(ahead = 0) {
    this.#ahead = ahead;
  }

  ahead(wants: string, arrivedAt: number): number {
    return wants === 'a' ? Math.max(0, this.#ahead - arrivedAt) : 0;
  }

  announce(waiting: () => readonly WaitingRequest[]): void {
    this.told = waiting;
  }

  onLeft(): void {}

  forgetLost(): Promise<boolean> {
    return Promise.resolve(false);
  }
}

function waiter(order: number, wants = 'a', arrivedAt = 0): Waiter {
  const answers = { resolve: () => undefined, reject: () => undefined };
  return {
    ticket: { order, arrivedAt },
    arrivedAt,
    until: 0,
    request: wish(),
    wants,
    needs: [],
    once: false,
    isSteppingAside: false,
    lastTry: 0,
    ...answers,
  };
}

function queueOf(waiters: readonly Waiter[], remote = new Remote()): WaitQueue {
  const queue = new WaitQueue(remote);
  for (const each of waiters) queue.insert(each);
  return queue;
}

const orders = (waiters: readonly WaitingRequest[]) =>
  (waiters as Waiter[]).map(({ ticket }) => ticket.order);
const NONE = new Set<string>();

describe('a queue', () => {
  it('is in the order in which requests came, whenever they joined it', () => {
    const queue = queueOf([waiter(2), waiter(3), waiter(1)]);
    expect(orders(queue.all())).toEqual([1, 2, 3]);
    expect(queue.length).toBe(3);
  });

  it('loses each request once, and tells the other replicas of those that are left', () => {
    const remote = new Remote();
    const [first, second] = [waiter(1), waiter(2)];
    const queue = queueOf([first, second], remote);
    expect(orders(remote.told())).toEqual([1, 2]);
    expect(queue.remove(first)).toBe(true);
    expect(queue.remove(first)).toBe(false);
    expect(orders(remote.told())).toEqual([2]);
    expect(queue.clear()).toEqual([second]);
    expect([queue.length, orders(remote.told())]).toEqual([0, []]);
  });

  it('tells the other replicas of each change', () => {
    const remote = new Remote();
    const first = waiter(1);
    const queue = queueOf([first], remote);
    const changes = [() => queue.remove(first), () => queue.insert(first), () => queue.clear()];
    for (const change of changes) {
      remote.told = () => [waiter(99)];
      change();
      expect(orders(remote.told())).toEqual(orders(queue.all()));
    }
  });
});

describe('those who may try', () => {
  it('are the first of each kind, as many as are asked for', () => {
    const queue = queueOf([waiter(1), waiter(2), waiter(3, 'b'), waiter(4), waiter(5, 'b')]);
    expect(queue.firstOfEach(2, 2, NONE)).toMatchObject({ heldBack: false });
    expect(orders(queue.firstOfEach(1, 1, NONE).next)).toEqual([1, 3]);
    expect(orders(queue.firstOfEach(2, 2, NONE).next)).toEqual([1, 2, 3, 5]);
    expect(orders(queue.firstOfEach(2, 2, new Set(['a'])).next)).toEqual([3, 5]);
  });

  it('are not those that were passed over: later ones of their kind come instead', () => {
    const [first, second, third] = [waiter(1), waiter(2), waiter(3)];
    const queue = queueOf([first, second, third]);
    expect(orders(queue.firstOfEach(1, 1, NONE, new Set([first, second])).next)).toEqual([3]);
  });

  it('are held back for those who came before elsewhere, beyond what became free', () => {
    const waiters = [waiter(1), waiter(2), waiter(3), waiter(4, 'b')];
    const freed = (count: number) => queueOf(waiters, new Remote(1)).firstOfEach(3, count, NONE);
    expect(freed(1)).toMatchObject({ heldBack: true });
    expect(orders(freed(1).next)).toEqual([4]);
    expect(orders(freed(2).next)).toEqual([1, 4]);
    expect(orders(freed(4).next)).toEqual([1, 2, 3, 4]);
    expect(freed(4)).toMatchObject({ heldBack: false });
  });

  it('are not held back if nobody came before them, though less became free', () => {
    const queue = queueOf([waiter(1, 'a', 5), waiter(2, 'a', 5)], new Remote(5));
    expect(queue.firstOfEach(2, 1, NONE)).toMatchObject({ heldBack: false });
    expect(orders(queue.firstOfEach(2, 1, NONE).next)).toEqual([1, 2]);
  });

  it('count those who are held back', () => {
    const queue = queueOf([waiter(1, 'a', 0), waiter(2, 'a', 5)], new Remote(1));
    expect(queue.firstOfEach(1, 1, NONE)).toEqual({ next: [], heldBack: true });
  });

  it('are 256 at the most', () => {
    const queue = queueOf(Array.from({ length: 300 }, (_, order) => waiter(order)));
    expect(queue.firstOfEach(1000, 1000, NONE).next).toHaveLength(256);
  });
});

describe('the kind of a request', () => {
  it('is what decides which sessions will do, and nothing else', () => {
    const alike = { leaseId: 'other', holder: 'key:9', ttlSeconds: 5, idempotencyKey: 'k', maxLeases: 1 };
    expect(wantsOf(wish({ tags: ['b', 'a'] }))).toBe(wantsOf(wish({ ...alike, tags: ['a', 'b'] })));
    const different = [
      wish(),
      wish({ tags: ['a'] }),
      wish({ sessionId: 1 }),
      wish({ sessionName: 'a' }),
      wish({ method: 'a.b' }),
      wish({ withCredentials: true }),
      wish({ sessionId: 1, alsoInactive: true }),
    ];
    expect(new Set(different.map(wantsOf)).size).toBe(different.length);
  });

  it('leaves the tags of the request as they are', () => {
    const request = wish({ tags: ['b', 'a'] });
    wantsOf(request);
    expect(request.tags).toEqual(['b', 'a']);
  });
});

describe('those who want the same', () => {
  it('try together, one kind after the other', () => {
    const waiters = [waiter(1), waiter(2, 'b'), waiter(3), waiter(4, 'c')];
    expect(byKind(waiters).map(orders)).toEqual([[1, 3], [2], [4], []]);
  });

  it('try together with all others beyond the eighth kind', () => {
    const waiters = Array.from({ length: 10 }, (_, order) => waiter(order, `kind ${order}`));
    expect(byKind(waiters).map(orders)).toEqual([[0], [1], [2], [3], [4], [5], [6], [7], [8, 9]]);
    expect(byKind([])).toEqual([[]]);
  });
});
