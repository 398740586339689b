import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeWith, said } from './programs.js';

const FILE = 'docs/operations/systemd/telegate.service';
const text = readFileSync(FILE, 'utf8');

/** The values of a setting of the unit; several lines of one name add up. */
const all = (name: string) =>
  [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value);

/** How long the service takes to stop at most, in seconds, as its source says. */
function longestStop(): number {
  const seconds = (file: string, name: string) => {
    const [, digits = ''] = new RegExp(`const ${name} = ([\\d_]+);`).exec(readFileSync(file, 'utf8')) ?? [];
    return Number(digits.replaceAll('_', '')) / 1000;
  };
  return seconds('src/main.ts', 'STOP_WITHIN_MS') + seconds('src/prefect/flow_run_sync.ts', 'CLOSE_MS');
}

describe('the unit of systemd', () => {
  it('starts the service as `npm start` does', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    const [, flags = ''] = /node (.*) dist\/src\/main\.js$/.exec(scripts.start) ?? [];
    expect(flags).not.toBe('');
    expect(all('ExecStart')).toEqual([
      `/usr/bin/node ${flags} /opt/telegate/node_modules/telegate/dist/src/main.js`,
    ]);
  });

  it('gives it more time to stop than it takes, and restarts it when it fails', () => {
    expect(Number(all('TimeoutStopSec')[0])).toBeGreaterThan(longestStop());
    expect(longestStop()).toBe(13);
    expect(all('Restart')).toEqual(['on-failure']);
    expect(Number(all('LimitNOFILE')[0])).toBeGreaterThanOrEqual(65_536);
  });

  it('has a user, directories and settings of its own, and nothing else', () => {
    expect(all('User')).toEqual(['telegate']);
    expect(all('StateDirectory')).toEqual(['telegate telegate/data telegate/sessions']);
    expect(all('ProtectSystem')).toEqual(['strict']);
    expect(all('NoNewPrivileges')).toEqual(['true']);
    expect(all('EnvironmentFile')).toEqual(['-/etc/telegate/telegate.env']);
    for (const directory of ['DATA_DIR=/var/lib/telegate/data', 'SESSIONS_DIR=/var/lib/telegate/sessions'])
      expect(all('Environment').join()).toContain(directory);
  });
});

describeWith(
  'systemd-analyze',
  '--version',
  'Debian: systemd',
)('systemd-analyze', () => {
  /** Calls it with the unit, which starts the Node of this test: others need not be there. */
  function analysed(...args: readonly string[]) {
    const directory = mkdtempSync(join(tmpdir(), 'systemd-'));
    try {
      const unit = join(directory, 'telegate.service');
      writeFileSync(unit, text.replace('/usr/bin/node', process.execPath));
      return said('systemd-analyze', ...args, unit);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  it('finds no mistake in it', () => {
    expect(analysed('verify', '--man=no')).toEqual({ ok: true, said: '' });
  });

  it('finds that it can do little harm, as the page says', () => {
    const found = analysed('security', '--offline=true', '--no-pager', '--threshold=20');
    expect(found.ok).toBe(true);
    const [, exposure = ''] =
      /Overall exposure level for telegate\.service: ([\d.]+) OK/.exec(found.said) ?? [];
    expect(Number(exposure)).toBeLessThanOrEqual(2);
  });
});
