import type { Replicas } from '../replicas/replicas.js';

/**
 * Takes jobs one after the other, each when the one before is done: of many that are due at one moment, every one
 * would open a connection of its own to the database.
 */
export function oneByOne(replicas: Pick<Replicas, 'takeJob'>): Pick<Replicas, 'takeJob'> {
  let last: Promise<void> = Promise.resolve();
  return {
    async takeJob(name, dueAt) {
      const before = last;
      const { promise, resolve: letNext } = withResolver();
      last = promise;
      await before;
      try {
        const done = await replicas.takeJob(name, dueAt);
        if (done) return () => done().finally(letNext);
      } catch (error) {
        letNext();
        throw error;
      }
      letNext();
      return null;
    },
  };
}

function withResolver(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
