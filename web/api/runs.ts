import type { Answer } from './client.js';

/** A run with its progress. */
export type Run = Answer<'get', '/runs/{id}'>;
export type RunState = Run['state'];

/** A file that a run has found. */
export type RunFile = Answer<'get', '/runs/{id}/files'>[number];

/** Whether it has not ended. */
export function isGoingOn({ finished_at }: Pick<Run, 'finished_at'>): boolean {
  return finished_at === null;
}

/** How much of it is done, from 0 to 1; null: nobody knows how much there is. */
export function shareDone({ state, total_messages: total, messages_read: read }: Run): number | null {
  if (state === 'completed') return 1;
  return total === null || total === 0 ? null : Math.min(1, read / total);
}

/** How many messages have been read at which time, in milliseconds. */
export interface Sample {
  readonly at: number;
  readonly messages: number;
}

/** At most so many samples of a run are kept. */
const MAX_SAMPLES = 240;

/** At most so many runs have samples. */
const MAX_RUNS = 50;

const samples = new Map<number, readonly Sample[]>();

/** Remembers the progress of a run for as long as the console is open; answers all that is remembered of it. */
export function sampled({ id, messages_read: messages }: Run, at: number): readonly Sample[] {
  const known = samples.get(id) ?? [];
  if (known.at(-1)?.messages === messages) return known;
  const all = [...known, { at, messages }].slice(-MAX_SAMPLES);
  samples.delete(id);
  samples.set(id, all);
  const [oldest] = samples.keys();
  if (samples.size > MAX_RUNS && oldest !== undefined) samples.delete(oldest);
  return all;
}

/** Messages a second between the samples, oldest first. */
export function ratesOf(all: readonly Sample[]): number[] {
  return all.slice(1).flatMap(({ at, messages }, before) => {
    const { at: since = at, messages: until = messages } = all[before] ?? {};
    return at > since ? [((messages - until) * 1000) / (at - since)] : [];
  });
}

/** How many samples are recent. */
const RECENT = 10;

/** Seconds until it is through, at its present rate; null: unknown. */
export function secondsLeft(run: Run, all: readonly Sample[]): number | null {
  const { state, total_messages: total, messages_read: read, messages_per_second: average } = run;
  if (state !== 'running' || total === null || read >= total) return null;
  const [first, last] = [all.slice(-RECENT)[0], all.at(-1)];
  const seconds = first && last ? (last.at - first.at) / 1000 : 0;
  const recent = first && last && seconds > 0 ? (last.messages - first.messages) / seconds : 0;
  const rate = recent || average;
  return rate > 0 ? (total - read) / rate : null;
}
