import { describe, expect, it } from '@jest/globals';
import { sparkline } from '../../src/cli/live_screen.js';
import { column, numbers, tableLines } from '../../src/cli/print.js';
import { historyLines } from '../../src/cli/status.js';
import { columnsOf, duration, plain, shortTime, truncated } from '../../src/cli/text.js';

describe('text on a terminal', () => {
  it('contains nothing that steers it, and is one line', () => {
    expect(plain('red \x1b[31m\r\nnext\tcell \u202e')).toBe('red �[31m�next�cell �');
    expect(plain(['a', 'b'])).toBe('a, b');
    expect(plain({ type: 'socks5', port: 1080, user: null })).toBe('type socks5, port 1080, user ');
    expect([plain(null), plain(true), plain(1234567890123456789n)]).toEqual([
      '',
      'yes',
      '1234567890123456789',
    ]);
  });

  it('is measured in columns', () => {
    expect(['abc', 'и́', '漢字', '🐢'].map(columnsOf)).toEqual([3, 1, 4, 2]);
    expect(truncated('漢字漢字', 6)).toBe('漢字…');
    expect(truncated('abc', 3)).toBe('abc');
  });

  it.each([
    [0, '0 s'],
    [59.9, '59 s'],
    [60, '1 min'],
    [3725, '1 h 2 min'],
    [90_061, '1 d 1 h'],
  ])('says %p seconds as %p', (seconds, words) => {
    expect(duration(seconds)).toBe(words);
  });

  it('has times without their zone and fractions', () => {
    expect(shortTime('2025-03-01T18:30:00.123Z')).toBe('2025-03-01 18:30:00');
    expect([shortTime(null), shortTime('soon')]).toEqual(['', 'soon']);
  });

  it('is a table that fits: its widest columns are truncated', () => {
    const columns = [numbers('id'), column('name'), column('note')];
    const rows = [
      { id: 1, name: 'alpha', note: 'a note that is longer than what there is room for' },
      { id: 12, name: 'b', note: null },
    ];
    const lines = tableLines(columns, rows, { width: 30, paint: (_, text) => text });
    expect(lines).toEqual(['ID  NAME   NOTE', ' 1  alpha  a note that is lon…', '12  b']);
  });
});

describe('the last hour of the pool', () => {
  const at = (minute: number, in_use: number | null) => ({
    at: new Date(minute * 60_000).toISOString(),
    in_use,
  });
  const look = (width: number) => ({ isTTY: true, width, paint: (_: unknown, text: string) => text });

  it('is a column a minute, as high as its share of the largest', () => {
    expect(sparkline([0, 4, null, 8])).toBe('▁▅ █');
    expect(sparkline([0, 0])).toBe('▁▁');
  });

  it('has gaps where the service did not run, and the newest minutes where there is little room', () => {
    const points = [at(10, 1), at(11, null), at(12, 2), at(14, 4)];
    expect(historyLines({ points }, look(80))).toEqual(['last hour    ▃ ▅ █  up to 4 in use']);
    expect(historyLines({ points }, look(30))).toEqual(['last hour    █  up to 4 in use']);
  });

  it('is left out where nothing is known', () => {
    expect(historyLines({ points: [at(1, null)] }, look(80))).toEqual([]);
    expect(historyLines({}, look(80))).toEqual([]);
  });
});
