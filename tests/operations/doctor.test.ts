import { chmodSync, cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Diagnosis, diagnose, thisMachine } from '../../src/operations/doctor/doctor.js';
import { networkOf } from '../../src/telegram/network.js';
import { BROKEN, type ExaminedOptions } from './broken_installations.js';
import { Installation } from './installation.js';

/** Starts several processes, in milliseconds. */
const PATIENCE_MS = 180_000;

let directory: string;
let made = 0;

/** A sound installation, stopped: the model of all broken ones. */
let model: Installation;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'doctor-'));
  model = new Installation(join(directory, 'model'), { HOST: '127.0.0.1', PORT: '0' });
  model.addSessions('alpha', 'eu/beta');
  const { program } = await model.start();
  program.kill('SIGTERM');
  await program.ended();
  for (const name of ['alpha', 'eu/beta']) chmodSync(model.path('sessions', `${name}.session`), 0o600);
}, PATIENCE_MS);

afterAll(async () => {
  await model.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** A copy of the model, which a test may break. */
function copyOfModel(): Installation {
  made += 1;
  const path = join(directory, `copy-${made}`);
  cpSync(model.directory, path, { recursive: true, preserveTimestamps: true });
  chmodSync(join(path, 'data'), 0o700);
  return new Installation(path, { HOST: '127.0.0.1', PORT: '0' });
}

function examined({ settings }: Installation, options: ExaminedOptions = {}): Promise<Diagnosis> {
  const closed = { dcId: 2, test: false, serverAddress: '127.0.0.1', port: 9 };
  return diagnose({
    environment: settings,
    offline: options.online === undefined,
    fix: options.fix === true,
    machine: { ...thisMachine, ...options.machine },
    network: networkOf({ firstDc: 2, rsaKeys: [], dataCentres: [closed], loopbackOnly: true }),
  });
}

/** The checks that found something, and how bad it is. */
function badIn({ findings }: Diagnosis): string[] {
  return findings.filter(({ level }) => level !== 'ok').map(({ check, level }) => `${check}: ${level}`);
}

describe('telegate doctor', () => {
  it(
    'finds nothing in a sound installation',
    async () => {
      expect(badIn(await examined(copyOfModel()))).toEqual([]);
    },
    PATIENCE_MS,
  );

  it.each(BROKEN)(
    'finds $name',
    async ({ finding, fixable, breaks, ...options }) => {
      const installation = copyOfModel();
      await breaks(installation);
      const diagnosis = await examined(installation, options);
      expect(badIn(diagnosis)).toContain(finding);
      const [check] = finding.split(':');
      const found = diagnosis.findings.filter(({ check: name, level }) => name === check && level !== 'ok');
      expect(found.every(({ advice = '', message }) => advice !== '' || message.length > 80)).toBe(true);
      expect(JSON.stringify(diagnosis)).not.toContain('secret-of-tests');
      expect(found.some(({ fix }) => fix !== undefined)).toBe(fixable === true);
      if (!fixable) return;
      const after = await examined(installation, { ...options, fix: true });
      expect(badIn(after)).not.toContain(finding);
      expect(after.fixed.map((fixed) => fixed.check)).toContain(check);
    },
    PATIENCE_MS,
  );

  it.each(['PORT', 'EGRESS_PORT'])(
    'finds another program on its %s, and knows its own service there',
    async (setting) => {
      const installation = copyOfModel();
      const other = createServer((socket) => socket.resume().end('hello\r\n'));
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as AddressInfo;
      installation.settings[setting] = String(port);
      expect(badIn(await examined(installation))).toEqual(['port: error']);
      await new Promise((resolve) => other.close(resolve));
      await installation.start();
      try {
        const diagnosis = await examined(installation);
        expect(badIn(diagnosis)).toEqual([]);
        expect(JSON.stringify(diagnosis)).toContain('in use by a service');
        expect(JSON.stringify(diagnosis)).toContain(`TeleGate is listening on ${port}`);
      } finally {
        await installation.stop();
      }
    },
    PATIENCE_MS,
  );

  it(
    'prints what to do, exits with 1 on an error, and repairs what is safe with --fix',
    async () => {
      const installation = copyOfModel();
      chmodSync(installation.path('data'), 0o755);
      const { exit, stdout } = await installation.command('doctor', '--offline');
      expect(exit).toBe(1);
      expect(stdout).toMatch(/^ERROR +data directory modes +other users have access/m);
      expect(stdout).toContain('--fix does this');
      const fixed = await installation.json('doctor', '--offline', '--fix');
      expect(fixed).toMatchObject({ ok: true, errors: 0, fixed: [{ check: 'data directory modes' }] });
      expect(statSync(installation.path('data')).mode & 0o777).toBe(0o700);
    },
    PATIENCE_MS,
  );
});
