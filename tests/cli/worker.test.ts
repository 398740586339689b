import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { describeWithPrefect } from '../prefect/describe_with_prefect.js';
import { findPrefect } from '../prefect/installation.js';
import { PrefectSpace } from '../prefect/scraping_with_prefect.js';
import { sharedPrefect } from '../prefect/shared_server.js';
import { until } from '../service/manual_time.js';
import { KEYS } from '../service/service.js';
import { makeServiceDatabase } from '../service/service_database.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { startCommand } from './command.js';

const withPrefect = describeWithPrefect();
const withDatabase = await describeWithServer();
/** Skipped unless both servers are there. */
const describe = findPrefect() ? withDatabase : withPrefect;

/** Runs the command with these settings and a directory of its own, to its end; what it says. */
async function refused(settings: Record<string, string>): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'worker-'));
  try {
    const { exit, stderr } = await startCommand(['worker'], { DATA_DIR: directory, ...settings }).ended;
    expect(exit).toBe(1);
    return stderr.trim();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe('telegate worker', () => {
  it('says what it lacks', async () => {
    const apiUrl = { PREFECT_API_URL: 'http://127.0.0.1:9/api' };
    const postgres = { DATABASE_URL: 'postgres://localhost/none' };
    expect(await refused({})).toMatch(/^PREFECT_API_URL is not set: .*\.$/);
    expect(await refused(apiUrl)).toMatch(/^DATABASE_URL is not postgres: .*\.$/);
    expect(await refused({ ...apiUrl, ...postgres, MAX_CONCURRENT_RUNS: '0' })).toMatch(
      /^MAX_CONCURRENT_RUNS is 0: .*\.$/,
    );
  }, 60_000);

  it('is listed in its work pool, answers /health and /metrics and nothing else, and stops on SIGTERM', async () => {
    const prefect = await PrefectSpace.make(await sharedPrefect());
    const shared = await makeServiceDatabase('postgres');
    const directory = mkdtempSync(join(tmpdir(), 'worker-'));
    const settings = {
      ...{
        ...prefect.settings,
        ...shared.settings,
        DATA_DIR: directory,
        HOST: '127.0.0.1',
        WORKER_PORT: '0',
      },
      ...{ API_KEYS: `monitor:${KEYS.monitor}` },
    };
    const { process: child, ended } = startCommand(['worker'], settings);
    try {
      let said = '';
      child.stdout?.on('data', (chunk) => {
        said += chunk;
      });
      await until(() => said.includes('port ') || child.exitCode !== null);
      const at = `http://127.0.0.1:${/port (\d+)/.exec(said)?.[1]}`;
      expect(await (await fetch(`${at}/health`)).json()).toEqual({ status: 'ok' });
      expect((await fetch(`${at}/metrics`)).status).toBe(401);
      const metrics = await fetch(`${at}/metrics`, { headers: { 'X-API-Key': KEYS.monitor } });
      expect(await metrics.text()).toContain('telegate_sessions');
      for (const path of ['/', '/sources', '/docs', '/session']) {
        expect((await fetch(at + path)).status).toBe(404);
      }
      await until(async () => (await prefect.client.workPool(prefect.workPool)).status === 'READY');
      child.kill('SIGTERM');
      expect((await ended).exit).toBe(0);
    } finally {
      child.kill('SIGKILL');
      await ended;
      await shared.drop();
      rmSync(directory, { recursive: true, force: true });
    }
  }, 240_000);
});
