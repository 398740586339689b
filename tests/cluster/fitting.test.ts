import { describe, expect, it } from '@jest/globals';
import { fitting } from '../../src/cluster/fitting.js';

describe('a list in a message between replicas', () => {
  it('is cut off where it no longer fits', () => {
    expect(fitting(['aa', 'bb', 'cc'], 10)).toEqual(['aa', 'bb']);
    expect(fitting(['aa', 'bb'], 100)).toEqual(['aa', 'bb']);
    expect(fitting(['aa'], 4)).toEqual([]);
  });

  it('is measured as it is sent: letters beyond ASCII take six bytes', () => {
    expect(fitting(['\u0430', '\u0431'], 17)).toEqual(['\u0430']);
    expect(fitting(['\u0430', '\u0431'], 18)).toEqual(['\u0430', '\u0431']);
  });
});
