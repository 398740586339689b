import { DAY_MS } from '../kernel/clock.js';
import { HOUR_SECONDS, MINUTE_SECONDS, type PoolSample, type SampleStep } from './monitoring_store.js';

/** How long samples are kept, in milliseconds: a week by the minute, a year by the hour. */
export const KEPT_MS: Readonly<Record<SampleStep, number>> = {
  [MINUTE_SECONDS]: 7 * DAY_MS,
  [HOUR_SECONDS]: 365 * DAY_MS,
};

/** The maximum number of points in one answer. */
export const MAX_POINTS = 1500;

/** The usual steps, in seconds: up to 400 points are easily drawn. */
const STEPS = [60, 300, 900, 3600, 14_400, 86_400] as const;
const USUAL_POINTS = 200;

/** The usual step, in seconds, for a span of time. */
export function usualStep(spanMs: number): number {
  const fits = STEPS.find((step) => spanMs / (step * 1000) <= USUAL_POINTS);
  return fits ?? Math.ceil(spanMs / 1000 / USUAL_POINTS / 86_400) * 86_400;
}

/** The samples from which points of this step are made, from `from` on: minutes while they are kept. */
export function samplesFor(step: number, from: number, now: number): SampleStep {
  return step % HOUR_SECONDS === 0 || from < now - KEPT_MS[MINUTE_SECONDS] ? HOUR_SECONDS : MINUTE_SECONDS;
}

/** The samples in steps of `stepMs`, each beginning at a multiple of it: means of the counts, sums of the rest. */
export function gathered(samples: readonly PoolSample[], stepMs: number): PoolSample[] {
  const steps = new Map<number, PoolSample[]>();
  for (const sample of samples) {
    const at = Math.floor(sample.at / stepMs) * stepMs;
    steps.set(at, [...(steps.get(at) ?? []), sample]);
  }
  return [...steps].map(([at, within]) => sumOf(at, within));
}

function sumOf(at: number, samples: readonly PoolSample[]): PoolSample {
  const counts = samples.flatMap((sample) => sample.counts ?? []);
  const mean = (name: keyof NonNullable<PoolSample['counts']>) =>
    Math.round(counts.reduce((sum, taken) => sum + taken[name], 0) / counts.length);
  const sum = (name: Exclude<keyof PoolSample, 'at' | 'counts'>) =>
    samples.reduce((total, sample) => total + sample[name], 0);
  return {
    at,
    counts:
      counts.length === 0
        ? null
        : {
            ...{ free: mean('free'), inUse: mean('inUse'), inFloodwait: mean('inFloodwait') },
            ...{ unavailable: mean('unavailable'), waiting: mean('waiting') },
          },
    ...{ leases: sum('leases'), releases: sum('releases'), floods: sum('floods') },
    ...{ granted: sum('granted'), refused: sum('refused'), waitedMs: sum('waitedMs') },
    longestWaitMs: Math.max(0, ...samples.map(({ longestWaitMs }) => longestWaitMs)),
  };
}
