import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from '@jest/globals';
import { apiTypes, type OpenApiDocument } from './api_types_generator.js';
import { clientOf } from './clients.js';
import { deploy, run } from './deployed.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import type { PrefectServerAddress } from './server.js';
import { sharedPrefect } from './shared_server.js';

describeWithPrefect()("the types of Prefect's API", () => {
  let server: PrefectServerAddress;
  let document: OpenApiDocument;
  beforeAll(async () => {
    server = await sharedPrefect();
    // Prefect works seconds for it.
    document = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApiDocument;
  }, 180_000);

  it("are those of the server's own document: npm run prefect:types writes them", async () => {
    expect(apiTypes(document)).toBe(readFileSync('src/prefect/api_types.ts', 'utf8'));
  });

  it('may say that the server writes every field of an answer, for it does', async () => {
    const client = clientOf(server);
    const fields = (name: string) => Object.keys(document.components.schemas[name]?.properties ?? {}).sort();
    const deployed = await deploy(client);
    expect(Object.keys(deployed.deployment).sort()).toEqual(fields('DeploymentResponse'));
    expect(Object.keys(await client.workPool(deployed.pool)).sort()).toEqual(fields('WorkPoolResponse'));
    const { id } = await run(client, deployed);
    expect(Object.keys(await client.flowRun(id)).sort()).toEqual(fields('FlowRunResponse'));
    const answer = await client.setState(id, { state: { type: 'PENDING' } });
    expect(Object.keys(answer.state ?? {}).sort()).toEqual(fields('State'));
  });
});
