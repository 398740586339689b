/** The stored digest of an auth key, from hex; null: unknown. */
export function digest(hex: string | null): Buffer | null {
  return hex === null ? null : Buffer.from(hex, 'hex');
}

/** Whether two stored digests are equal: an unknown one equals only an unknown one. */
export function sameDigest(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other);
}
