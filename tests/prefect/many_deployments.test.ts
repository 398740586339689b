import { beforeAll, expect, it } from '@jest/globals';
import { seedSource } from '../sources/seeding.js';
import { withDeployedSources } from './deployed_sources.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import type { PrefectServerAddress } from './server.js';
import { sharedPrefect } from './shared_server.js';

const describe = describeWithPrefect();

let server: PrefectServerAddress;
beforeAll(async () => {
  server = await sharedPrefect();
}, 180_000);

/** More than two pages. */
const PAGE_SIZE = 10;
const MANY = 21;
const TIMEOUT_MS = 90_000;

/** Counts the requests to Prefect while `work` runs. */
async function requestsOf(work: (requests: readonly string[]) => Promise<void>): Promise<string[]> {
  const requests: string[] = [];
  const real = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    if (String(input).startsWith(server.apiUrl))
      requests.push(`${init?.method} ${String(input).slice(server.apiUrl.length)}`);
    return real(input, init);
  };
  try {
    await work(requests);
  } finally {
    globalThis.fetch = real;
  }
  return requests;
}

const isList = (request: string) => request === 'POST /deployments/filter';
/** Of flow runs that nobody executes any more. */
const isLookedFor = (request: string) => request === 'POST /flow_runs/filter';
const isSetup = (request: string) => /^GET \/work_pools\/|^POST \/flows\/$/.test(request);

describe(`${MANY} sources`, () => {
  it(
    'that were there before Prefect get their deployments, and cost a handful of requests while nothing changes',
    withDeployedSources(
      () => server,
      async (sources) => {
        const { service, client } = sources;
        for (let at = 0; at < MANY; at += 1) {
          await seedSource(service, { name: `News ${at}`, schedule: '*/30 * * * *' });
        }
        const { prefect } = service.container.database;
        const made = await requestsOf(async () => {
          await sources.compare();
          await sources.eventually(async () => (await prefect.dueDeployments(0, 1)).length === 0, TIMEOUT_MS);
        });
        // On SQLite, more than one at a time would be refused, and tried again.
        expect(made.filter((request) => request === 'POST /deployments/').length).toBeLessThan(MANY * 1.25);
        const compared = await requestsOf(async (requests) => {
          await sources.compare();
          await sources.eventually(() => requests.filter(isList).length >= 3);
          // Were there anything to push, it would be before the next comparison.
          await sources.compare();
          await sources.eventually(() => requests.filter(isList).length >= 6);
        });
        const rest = compared.filter((request) => !isList(request) && !isLookedFor(request));
        expect(rest.filter((request) => !isSetup(request))).toEqual([]);
        // Each five seconds.
        expect(compared.filter(isLookedFor).length).toBeLessThanOrEqual(8);
        // The work pool and the flow, each 15 seconds.
        expect(compared.filter(isSetup).length).toBeLessThanOrEqual(8);
        const { id: flowId } = await client.flow(sources.flow);
        let count = 0;
        for await (const page of client.deploymentsOf(flowId)) count += page.length;
        expect(count).toBe(MANY);
      },
      { prefectPageSize: PAGE_SIZE },
    ),
    TIMEOUT_MS,
  );
});
