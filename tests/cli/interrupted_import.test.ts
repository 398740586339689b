import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { startCommand } from './command.js';

const directory = mkdtempSync(join(tmpdir(), 'import-'));
const files = ['a', 'b', 'c', 'd'].map((name) => join(directory, `${name}.session`));

/** Takes every file, once `goOn` is called. */
let goOn: () => void = () => undefined;
let arrived = 0;
const server = createServer((req, res) => {
  arrived += 1;
  const id = arrived;
  req.resume();
  goOn = () => res.end(JSON.stringify({ id }));
});

beforeAll(async () => {
  for (const file of files) writeFileSync(file, 'x');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

it('telegate sessions import finishes the file that it is at on Ctrl-C, and tells what it has not tried', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = { TELEGATE_URL: url, TELEGATE_API_KEY: 'key' };
  const importing = startCommand(['sessions', 'import', '--parallel', '1', ...files], settings);
  let told = '';
  importing.process.stderr?.on('data', (chunk) => {
    told += chunk;
  });
  await until(() => arrived === 1);
  goOn();
  await until(() => arrived === 2);
  importing.process.kill('SIGINT');
  await until(() => told.includes('finishing the files under way'));
  goOn();
  const { exit, stdout, stderr } = await importing.ended;
  expect(exit).toBe(130);
  expect(stdout.split('\n').map((line) => line.split('\t')[0])).toEqual([
    'imported',
    'imported',
    'not tried',
    'not tried',
    '',
  ]);
  expect(stderr).toMatch(/2 imported, 2 not tried\n$/);
  expect(arrived).toBe(2);
});
