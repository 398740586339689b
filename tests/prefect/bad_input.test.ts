import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { PrefectConflict } from '../../src/prefect/errors.js';
import { post } from '../logins/over_sandbox.js';
import { lastRun, makeSource, runOnce } from '../scraping/scraped.js';
import { logInSome, smallWorld } from '../scraping/small_world.js';
import { withService } from '../service/service.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import { eventually } from './eventually.js';
import { type PrefectSpace, type PrefectWorld, withPrefect } from './scraping_with_prefect.js';
import { PrefectServer } from './server.js';

const describe = describeWithPrefect();

const LONG_MS = 240_000;

describe('parameters that Prefect has not checked', () => {
  it(
    'fail their flow runs in one sentence: a wrong type, an unknown one',
    withPrefect(
      async (world) => {
        const { service, prefect } = world;
        await logInSome(world, 1);
        const id = await makeSource(service, 'small1');
        const deployment = await prefect.deployed(service, id);
        await lastRun(service, id);
        await expect(prefect.start(deployment, { limit: 'many' })).rejects.toThrow(PrefectConflict);
        const unchecked = async (parameters: Record<string, unknown>) => {
          const body = { parameters, enforce_parameter_schema: false };
          const { id: flowRunId } = await prefect.client.createFlowRun(deployment.id, body);
          return (await prefect.ended(flowRunId)).state;
        };
        expect(await unchecked({ source_id: id, limit: 'many' })).toMatchObject({
          ...{ type: 'FAILED', message: 'limit: expected a whole number of at least 1, not "many"' },
        });
        expect(await unchecked({ source_id: id, colour: 'red' })).toMatchObject({
          type: 'FAILED',
          message: 'colour: expected one of source_id, limit, since, file_types',
        });
        expect(await runOnce(service, id, () => true)).toMatchObject({ state: 'completed' });
      },
      { seed: smallWorld },
    ),
    LONG_MS,
  );
});

describe('a service whose PREFECT_API_URL is that of another server', () => {
  it.each([
    ['no Prefect', 404, '{"detail":"Not Found"}', /^PREFECT_API_URL: what answers at \S+ is not the API of/],
    [
      'Prefect 2',
      200,
      '"2.20.25"',
      /^PREFECT_API_URL: the server at \S+ is Prefect 2\.20\.25, but 3\.6 or newer/,
    ],
    [
      'Prefect 3.5',
      200,
      '"3.5.0"',
      /^PREFECT_API_URL: the server at \S+ is Prefect 3\.5\.0, but 3\.6 or newer/,
    ],
  ])('does not start with %s, and says so in one sentence', async (_, status, answer, sentence) => {
    const other = createServer((_request, response) => response.writeHead(status).end(answer));
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    try {
      const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/api`;
      const starting = withService(async () => undefined, { settings: { PREFECT_API_URL: url } })();
      const thrown = await starting.catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(Error);
      expect((thrown as Error).message).toMatch(sentence);
      expect((thrown as Error).message).toMatch(/^[^\n]*[^.]\.$/);
    } finally {
      other.closeAllConnections();
      await new Promise((closed) => other.close(closed));
    }
  });
});

/** How many runs are late. */
const LATE = 10_000;

/** A source whose first run has ended, and its deployment. */
async function deployedSource({ service, prefect }: PrefectWorld, username: string) {
  const id = await makeSource(service, username, { file_types: [] });
  const deployment = await prefect.deployed(service, id);
  await lastRun(service, id);
  return { id, deployment };
}

type Row = Readonly<Record<string, unknown>>;

/** Gives a deployment late runs by schedule, which the API would take minutes for. */
function makeLate(database: Database.Database, deploymentId: string): void {
  // A flow run and its state name each other.
  database.pragma('foreign_keys = OFF');
  const first = (table: string, column: string, value: unknown) =>
    database.prepare(`SELECT * FROM ${table} WHERE ${column} = ?`).get(value) as Row;
  const insert = (table: string, row: Row) => {
    const names = Object.keys(row);
    const values = names.map((name) => `@${name}`);
    return database.prepare(`INSERT INTO ${table} (${names}) VALUES (${values})`);
  };
  const run = first('flow_run', 'deployment_id', deploymentId);
  const state = first('flow_run_state', 'id', run.state_id);
  const [insertRun, insertState] = [insert('flow_run', run), insert('flow_run_state', state)];
  const at = String(run.expected_start_time);
  const unbegun = { run_count: 0, start_time: null, end_time: null, infrastructure_pid: null };
  const details = JSON.stringify({ scheduled_time: `${at.replace(' ', 'T')}Z` });
  database.transaction(() => {
    for (let made = 0; made < LATE; made += 1) {
      const [id, stateId] = [randomUUID(), randomUUID()];
      insertRun.run({
        ...{ ...run, ...unbegun, id, name: `late-${made}`, idempotency_key: id, auto_scheduled: 1 },
        ...{ state_id: stateId, state_type: 'SCHEDULED', state_name: 'Late', next_scheduled_start_time: at },
      });
      const late = { type: 'SCHEDULED', name: 'Late', message: null, data: null, state_details: details };
      insertState.run({ ...state, ...late, id: stateId, flow_run_id: id });
    }
  })();
}

/** How many runs this process asked for in each of its polls meanwhile. */
async function limitsDuring(work: () => Promise<void>): Promise<number[]> {
  const limits: number[] = [];
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => {
    if (String(input).endsWith('/get_scheduled_flow_runs')) limits.push(JSON.parse(String(init?.body)).limit);
    return fetch(input, init);
  };
  try {
    await work();
  } finally {
    globalThis.fetch = fetch;
  }
  return limits;
}

async function deploymentNames({ client, flowId }: PrefectSpace): Promise<string[]> {
  const names: string[] = [];
  for await (const page of client.deploymentsOf(flowId)) names.push(...page.map(({ name }) => name));
  return names.sort();
}

describe('a Prefect whose database somebody changed', () => {
  const directory = mkdtempSync(join(tmpdir(), 'prefect-'));
  let server: PrefectServer;
  beforeAll(async () => {
    server = await PrefectServer.make({ directory });
  }, LONG_MS);
  afterAll(async () => {
    await server.destroy();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Changes its data while it is away. */
  async function change(how: (database: Database.Database) => void): Promise<void> {
    await server.stop();
    const [file = ''] = readdirSync(directory).filter((name) => name.endsWith('.db'));
    const database = new Database(join(directory, file));
    how(database);
    database.close();
    await server.start();
  }

  it(
    `gets a renamed deployment again, and 10,000 late runs keep no other source from running`,
    withPrefect(
      async (world) => {
        const { service, prefect } = world;
        await logInSome(world, 2);
        const [late, other, renamed] = [
          await deployedSource(world, 'small1'),
          await deployedSource(world, 'small2'),
          await deployedSource(world, 'small3'),
        ];
        await change((database) => {
          makeLate(database, late.deployment.id);
          database.prepare("UPDATE deployment SET name = 'mine' WHERE name = ?").run(renamed.deployment.name);
        });
        const asked = await limitsDuring(async () => {
          const { body } = await post(service, `/sources/${other.id}/trigger`, {}).expect(200);
          const run = async () => (await service.as('monitor').get(`/runs/${body.run_id}`).expect(200)).body;
          await eventually(async () => (await run()).state === 'completed');
        });
        expect(Math.max(...asked)).toBeLessThanOrEqual(200);
        const names = [late, other, renamed].map(({ id }) => `source-${id}`);
        await eventually(async () => String(await deploymentNames(prefect)) === String(names));
      },
      {
        ...{ seed: smallWorld, address: async () => server.address },
        settings: { MAX_CONCURRENT_RUNS: '2' },
      },
    ),
    LONG_MS,
  );
});
