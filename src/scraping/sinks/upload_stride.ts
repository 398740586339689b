/** An object is only written whole, so that adding to a month costs as much as the month: it is not done at once. */
const SHORTEST_MS = 1_000;
const LONGEST_MS = 300_000;
/** Uploading takes at most one part in so many of a run's time. */
const SHARE = 10;

/**
 * Whether it is time to upload a month again: `sinceMs` milliseconds after the last upload, which took `tookMs`.
 * Small months are there after a second, and large ones after five minutes at the latest.
 */
export function isUploadDue(sinceMs: number, tookMs: number): boolean {
  return sinceMs >= Math.min(Math.max(tookMs * SHARE, SHORTEST_MS), LONGEST_MS);
}
