import { describe, expect, it } from '@jest/globals';
import { EgressCredentials } from '../../src/egress/credentials.js';

const KEY = Buffer.alloc(32, 1);
const OLDER = Buffer.alloc(32, 2);
const LEASE = { sessionId: 42, leaseId: '5b1ab9f3-5d0c-4a1f-8f3c-0d0b54c7c4a1' };

describe('the credentials of a lease', () => {
  it('are recognised, and belong to that lease alone', () => {
    const credentials = new EgressCredentials([KEY]);
    const { user, pass } = credentials.of(LEASE);
    const known = credentials.verify(user, pass);
    expect(known?.sessionId).toBe(42);
    expect(known?.belongTo(LEASE.leaseId)).toBe(true);
    expect(known?.belongTo('another')).toBe(false);
  });

  it('do not contain the id of the lease, and fit into RFC 1929', () => {
    const { user, pass } = new EgressCredentials([KEY]).of(LEASE);
    expect(user + pass).not.toContain(LEASE.leaseId);
    expect(user).toMatch(/^42-[\w-]{22}$/);
    expect(pass).toMatch(/^[\w-]{43}$/);
  });

  it('are recognised with an older key, and with no other', () => {
    const { user, pass } = new EgressCredentials([OLDER]).of(LEASE);
    expect(new EgressCredentials([KEY, OLDER]).verify(user, pass)?.belongTo(LEASE.leaseId)).toBe(true);
    expect(new EgressCredentials([KEY]).verify(user, pass)).toBeNull();
  });

  it.each([
    ['', ''],
    ['42', 'x'.repeat(43)],
    ['42-', 'x'.repeat(43)],
    ['-aaaaaaaaaaaaaaaaaaaaaa', 'x'.repeat(43)],
    ['42-aaaaaaaaaaaaaaaaaaaaaa', 'x'.repeat(43)],
    ['42-aaaaaaaaaaaaaaaaaaaaaa', 'é'.repeat(43)],
    ['9'.repeat(255), '9'.repeat(255)],
  ])('are not recognised from %j and %j', (user, pass) => {
    expect(new EgressCredentials([KEY]).verify(user, pass)).toBeNull();
  });
});
