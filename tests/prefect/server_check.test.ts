import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe as describeAlways, expect, it } from '@jest/globals';
import { nodeTimers } from '../../src/kernel/timers.js';
import { PrefectClient } from '../../src/prefect/client.js';
import { PrefectRefused, PrefectUnreachable } from '../../src/prefect/errors.js';
import { PrefectHttp } from '../../src/prefect/http.js';
import { checkServer, ensureWorkPool } from '../../src/prefect/server_check.js';
import { clientOf } from './clients.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import type { PrefectServerAddress } from './server.js';
import { sharedPrefect } from './shared_server.js';

function clientAt(apiUrl: string, authString: string | null = null): PrefectClient {
  const address = { apiUrl, authString, apiKey: null };
  return new PrefectClient(new PrefectHttp({ address, timers: nodeTimers, random: Math.random }));
}

async function refusalOf(apiUrl: string, authString: string | null = null): Promise<string> {
  const thrown: unknown = await checkServer(clientAt(apiUrl, authString), apiUrl, { retries: 0 }).catch(
    (error) => error,
  );
  expect(thrown).toBeInstanceOf(PrefectRefused);
  return (thrown as PrefectRefused).message.replace(/\d+\.\d+\.\d+\.\d+:\d+/, 'HOST');
}

/** The address of a server that gives this answer to everything, for one test. */
async function withAnswer(status: number, body: string, test: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': body.startsWith('<') ? 'text/html' : 'application/json' });
    response.end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    await test(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api`);
  } finally {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
}

describeAlways('a server that cannot be used', () => {
  it.each([
    ['Prefect 2', '"2.20.16"', 'is Prefect 2.20.16, but 3.6 or newer is needed.'],
    ['an early Prefect 3', '"3.5.99"', 'is Prefect 3.5.99, but 3.6 or newer is needed.'],
  ])('because it is %s is refused in one sentence', async (_, version, reason) => {
    await withAnswer(200, version, async (url) => {
      expect(await refusalOf(url)).toBe(`PREFECT_API_URL: the server at http://HOST/api ${reason}`);
    });
  });

  it.each([
    ['a web page', 200, '<!doctype html><title>Prefect</title>'],
    ['nothing there', 404, '<h1>Not Found</h1>'],
    ['another API', 200, '{"version":1}'],
    ['a redirection', 302, ''],
  ])('because it answers with %s is refused', async (_, status, body) => {
    await withAnswer(status, body, async (url) => {
      const wanted = 'PREFECT_API_URL: what answers at http://HOST/api is not the API of a Prefect server.';
      expect(await refusalOf(url)).toBe(wanted);
    });
  });

  it('because it is away is not refused: it may come', async () => {
    const client = clientAt('http://127.0.0.1:9/api');
    const checking = checkServer(client, 'http://127.0.0.1:9/api', { retries: 0 });
    await expect(checking).rejects.toThrow(PrefectUnreachable);
  });

  it('is not a workspace of Prefect Cloud, which tells no version', async () => {
    await withAnswer(404, '{"detail":"Not Found"}', async (url) => {
      const workspace = `${url}/accounts/a-1/workspaces/b-2`;
      expect(await checkServer(clientAt(workspace), workspace)).toBe('Cloud');
    });
  });

  it.each([['3.6.10'], ['3.10.0.dev2'], ['4.0.0']])('is not %s', async (version) => {
    await withAnswer(200, JSON.stringify(version), async (url) => {
      expect(await checkServer(clientAt(url), url)).toBe(version);
    });
  });
});

describeWithPrefect()('a real server', () => {
  let server: PrefectServerAddress;
  let client: PrefectClient;
  beforeAll(async () => {
    server = await sharedPrefect();
    client = clientOf(server);
  }, 180_000);

  it('is taken with the right user and password, and refused with others', async () => {
    expect(await checkServer(client, server.apiUrl)).toMatch(/^3\./);
    const wanted =
      'PREFECT_API_KEY, PREFECT_API_AUTH_STRING: the server at http://HOST/api does not accept what is set (401).';
    expect(await refusalOf(server.apiUrl, 'admin:hunter2')).toBe(wanted);
    expect(await refusalOf(server.apiUrl)).toBe(wanted);
  });

  it('is refused at its address without /api', async () => {
    expect(await refusalOf(server.url, server.authString)).toContain('whose address ends in /api');
  });

  it('gets its work pool once, however many ask at the same time', async () => {
    const name = `pool-${randomUUID()}`;
    const pools = await Promise.all(Array.from({ length: 5 }, () => ensureWorkPool(client, name)));
    expect(new Set(pools.map(({ id }) => id)).size).toBe(1);
    expect(pools[0]).toMatchObject({ name, type: 'telegate' });
  });

  it('has a work pool of this name for something else, which is refused in one sentence', async () => {
    const name = `pool-${randomUUID()}`;
    await client.createWorkPool({ name, type: 'process', base_job_template: {} });
    await expect(ensureWorkPool(client, name)).rejects.toThrow(
      `PREFECT_WORK_POOL: Prefect has a work pool ${name} of the type process, and TeleGate needs one of its own: ` +
        'choose another name, or delete that pool.',
    );
  });
});
