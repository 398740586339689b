import { expect, it } from '@jest/globals';
import { deploymentAnswers } from '../../src/prefect/deployment_answer.js';
import type { Deployment } from '../../src/prefect/store.js';

const NEW: Deployment = {
  ...{ sourceId: 7, deploymentId: null, synced: null, foreignSchedule: null, error: null },
  ...{ revision: 1, syncedRevision: 0 },
};

async function answerOf(deployment: Partial<Deployment>) {
  const store = { deploymentsOf: async () => [{ ...NEW, ...deployment }] };
  return (await deploymentAnswers(store, (id) => `http://prefect/${id}`)([7])).get(7);
}

it('a new deployment is not synchronised, and has no page', async () => {
  const none = { id: null, schedule: null, error: null, url: null };
  expect(await answerOf({})).toEqual({ ...none, synchronised: false });
  expect(await answerOf({ syncedRevision: 1 })).toMatchObject({ synchronised: false });
});

it('a deployment is synchronised while Prefect has the latest revision', async () => {
  const made = { deploymentId: 'd', foreignSchedule: 'every 90 s', error: 'why', revision: 3 };
  expect(await answerOf({ ...made, syncedRevision: 3 })).toEqual({
    ...{ id: 'd', synchronised: true, schedule: 'every 90 s', error: 'why', url: 'http://prefect/d' },
  });
  expect(await answerOf({ ...made, syncedRevision: 2 })).toMatchObject({ synchronised: false });
});
