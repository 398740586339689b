import { describe, expect, it } from '@jest/globals';
import { times } from '../../src/cli/lists.js';
import { LiveScreen, sparkline } from '../../src/cli/live_screen.js';
import { column, numbers, tableLines } from '../../src/cli/print.js';
import { historyLines, statusLines } from '../../src/cli/status.js';
import {
  columnsOf,
  duration,
  plain,
  shortestTime,
  shortTime,
  truncated,
  wrapped,
} from '../../src/cli/text.js';

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
    const now = new Date('2025-06-01T00:00:00Z');
    expect(shortestTime('2025-03-01T18:30:00.123Z', now)).toBe('03-01 18:30');
    expect(shortestTime('2025-03-01 18:30:00', now)).toBe('03-01 18:30');
    // A day without its year would be a lie.
    expect(shortestTime('9999-01-01T00:00:00Z', now)).toBe('9999-01-01');
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

describe('a table that is too wide', () => {
  const list = [
    numbers('id'),
    column('name'),
    times('until'),
    { ...column('phone'), spare: true as const },
    { ...column('lease'), whole: true as const },
  ];
  const row = {
    id: 12,
    name: 'a long name',
    until: '2026-11-30T00:33:39Z',
    phone: '+9996620001',
    lease: 'abcdefghij',
  };
  const lines = (width: number) => tableLines(list, [row], { width, paint: (_, text) => text });

  it('has short times, then truncated names, then fewer columns', () => {
    expect(lines(66)[1]).toBe('12  a long name  2026-11-30 00:33:39  +9996620001  abcdefghij');
    expect(lines(58)[1]).toBe('12  a long name  11-30 00:33  +9996620001  abcdefghij');
    expect(lines(50)[1]).toBe('12  a long n…  11-30 00:33  +99966200…  abcdefghij');
    expect(lines(40)[1]).toBe('12  a long name  11-30 00:33  abcdefghij');
    expect(lines(36)[1]).toBe('12  a long…  11-30 00:33  abcdefghij');
  });
});

describe('lines that are too long', () => {
  it('are broken between words, and words that are too long anywhere', () => {
    expect(wrapped('set it to another one, or free some space', 16)).toEqual([
      'set it to',
      'another one, or',
      'free some space',
    ]);
    expect(wrapped('at /very/long/path/of/a/file', 10)).toEqual(['at', '/very/long', '/path/of/a', '/file']);
    expect(wrapped('short', 10)).toEqual(['short']);
  });
});

describe('the numbers of the pool', () => {
  const status = {
    ...{ total: 120, free: 60, in_use: 50, in_floodwait: 8, unavailable: 2, invalidated: 1, waiting: 3 },
    ...{ oldest_lease_seconds: 90, next_available: '2026-11-30T00:33:39Z', unavailable_reasons: { dead: 2 } },
  };
  const shown = (width: number) => statusLines(status, { isTTY: true, width, paint: (_, text) => text });

  it('have bars in what room there is beside what is remarked', () => {
    expect(shown(79)[3]).toBe(
      `flood wait     8  █${'░'.repeat(11)}  next free at 2026-11-30 00:33:39, 1 invalidated`,
    );
    expect(shown(39)).toEqual([
      'sessions     120',
      'free          60',
      'in use        50  oldest for 1 min 30 s',
      'flood wait     8  next at 11-30 00:33,…',
      'unavailable    2  2 dead',
      '3 requests wait for a session',
    ]);
    for (const width of [20, 30, 50, 60, 79, 120])
      expect(shown(width).filter((line) => columnsOf(line) > width)).toEqual([]);
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

describe('a live screen', () => {
  const terminal = (columns: number) => {
    const written: string[] = [];
    return { written, isTTY: true, columns, rows: 10, write: (text: string) => written.push(text) };
  };

  it('is drawn in one piece, over the last one, and does not wrap', () => {
    const stream = terminal(80);
    const screen = new LiveScreen(stream);
    screen.draw(['a', 'b']);
    screen.draw(['c']);
    expect(stream.written).toHaveLength(2);
    const esc = String.fromCharCode(27);
    expect(stream.written[1]).toBe(`${esc}[2A\r${esc}[?7lc${esc}[K\n${esc}[J${esc}[?7h`);
  });

  it('begins anew in a terminal of another size, which may have wrapped its lines', () => {
    const stream = terminal(80);
    const screen = new LiveScreen(stream);
    screen.draw(['a', 'b']);
    stream.columns = 40;
    screen.draw(['a', 'b']);
    expect(stream.written[1]).toContain('[H');
    screen.draw(['a', 'b']);
    expect(stream.written[2]).not.toContain('[H');
  });
});
