/** The value below which a share `p` (0 to 1) of the sample lies; NaN for an empty sample. */
export function percentile(sample: readonly number[], p: number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN;
}

/** The median of the sample. */
export function median(sample: readonly number[]): number {
  return percentile(sample, 0.5);
}

/** The time on this machine's monotonic clock, in milliseconds. */
export function monotonicMs(): number {
  return performance.now();
}

/** The result of `action`, and how long it took, in milliseconds. */
export async function timed<Result>(action: () => Promise<Result>): Promise<{ ms: number; result: Result }> {
  const started = monotonicMs();
  const result = await action();
  return { ms: monotonicMs() - started, result };
}
