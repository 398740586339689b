import { describe, expect, it } from '@jest/globals';
import { allows, holderOf, ROLES } from '../../src/kernel/api_key.js';

describe('a role', () => {
  it('may use what requires it', () => {
    expect(allows('worker', ['worker'])).toBe(true);
    expect(allows('monitor', ['worker', 'monitor'])).toBe(true);
  });

  it('may not use what requires another', () => {
    expect(allows('worker', ['monitor', 'admin'])).toBe(false);
    expect(allows('monitor', [])).toBe(false);
  });

  it('of an admin may use everything', () => {
    for (const role of ROLES) expect(allows('admin', [role])).toBe(true);
    expect(allows('admin', [])).toBe(true);
  });
});

describe('an API key', () => {
  it('has one of three roles, and is named by its id in leases and history', () => {
    expect(ROLES).toEqual(['worker', 'monitor', 'admin']);
    expect(holderOf(7)).toBe('key:7');
  });
});
