import { describe, expect, it } from '@jest/globals';
import { report } from '../../src/cli/doctor.js';

const DIAGNOSIS = {
  findings: [
    { check: 'Node.js', level: 'ok' as const, message: 'v22.0.0' },
    {
      ...{ check: 'data directory modes', level: 'error' as const },
      message: 'other users have access to /var/lib/telegate/data (755)',
      advice: 'chmod 700 /var/lib/telegate/data',
      fix: async () => undefined,
    },
  ],
  fixed: [],
};

const reported = (columns: number | null, colours = false) =>
  report(DIAGNOSIS, {
    ...(columns !== null && { isTTY: true, columns }),
    hasColors: () => colours,
    write: () => undefined,
  }).split('\n');

describe('the report of telegate doctor', () => {
  it('fits into a terminal, below the messages', () => {
    expect(reported(80)).toEqual([
      'ok       Node.js               v22.0.0',
      'ERROR    data directory modes  other users have access to /var/lib/telegate/data',
      '                               (755)',
      '                               → chmod 700 /var/lib/telegate/data (--fix does',
      '                                 this)',
      '',
      '1 error, 0 warnings',
    ]);
  });

  it('has messages below the names of checks, where a terminal is narrow', () => {
    expect(reported(40)).toEqual([
      'ok       Node.js',
      '  v22.0.0',
      'ERROR    data directory modes',
      '  other users have access to',
      '  /var/lib/telegate/data (755)',
      '  → chmod 700 /var/lib/telegate/data',
      '    (--fix does this)',
      '',
      '1 error, 0 warnings',
    ]);
  });

  it('is a line for each finding, and one for what to do, elsewhere', () => {
    const [, error, advice] = reported(null);
    expect(error).toBe(
      'ERROR    data directory modes  other users have access to /var/lib/telegate/data (755)',
    );
    expect(advice).toBe(`${' '.repeat(31)}→ chmod 700 /var/lib/telegate/data (--fix does this)`);
  });

  it('has colours only where they are wanted', () => {
    expect(reported(80, true)[0]).toContain('\x1b[32mok');
    expect(reported(80).join('')).not.toContain('\x1b');
  });
});
