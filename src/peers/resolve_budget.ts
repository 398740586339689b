import { DAY_MS } from '../kernel/clock.js';

/** Telegram's scarcest method: it finds a channel by its name, some 200 times a day for each account. */
export const RESOLVE_METHOD = 'contacts.resolveUsername';

/** What Telegram has taught about a session: resolves a day, from the time of a flood on. */
export interface LoweredBudget {
  readonly to: number;
  readonly at: number;
}

/** What the resolve budget of a session is made of. `times`: those of the last day's resolves, in ascending order. */
export interface ResolveUse {
  readonly setting: number;
  /** Null: no flood has lowered it. */
  readonly lowered: LoweredBudget | null;
  readonly times: readonly number[];
}

/** How many usernames a session may resolve. */
export interface ResolveBudget {
  readonly perDay: number;
  /** Within the last 24 hours. */
  readonly used: number;
  readonly left: number;
}

/** The part of the setting that a lowered budget grows by with each day without another flood. */
const DAILY_GROWTH = 0.1;

/** Shorter floods are about the pace of the calls, and not about their number: nothing is learnt from them. */
const MIN_DAILY_FLOOD_SECONDS = 60;

/**
 * The resolves that a session may make within 24 hours, at `now`: the setting or, after a flood, what the flood has
 * lowered it to, plus a tenth of the setting for each full day since, at least one. It never exceeds the setting.
 */
export function resolvesPerDay(setting: number, lowered: LoweredBudget | null, now: number): number {
  if (lowered === null) return setting;
  const days = Math.max(0, Math.floor((now - lowered.at) / DAY_MS));
  return Math.min(setting, lowered.to + days * growth(setting));
}

function growth(setting: number): number {
  return Math.max(1, Math.round(setting * DAILY_GROWTH));
}

/**
 * What a flood of `seconds` after `used` resolves lowers a session's budget to: nine tenths of those, and at least one
 * less. The same flood may be reported twice: within a day, a budget is never raised. Null: it says nothing about the
 * budget.
 */
export function loweredByFlood(
  used: number,
  seconds: number,
  before: LoweredBudget | null,
  now: number,
): LoweredBudget | null {
  if (used === 0 || seconds < MIN_DAILY_FLOOD_SECONDS) return null;
  const learnt = Math.min(used - 1, Math.floor(used * 0.9));
  const isRecent = before !== null && now - before.at < DAY_MS;
  return { to: isRecent ? Math.min(learnt, before.to) : learnt, at: now };
}

/** What is left of a session's budget at `now`. */
export function budgetAt({ setting, lowered, times }: ResolveUse, now: number): ResolveBudget {
  const perDay = resolvesPerDay(setting, lowered, now);
  const used = usedAt(times, now);
  return { perDay, used, left: Math.max(0, perDay - used) };
}

/** When `wanted` resolves are left, if none is made until then: `now` if they are already; null: never. */
export function whenLeft(use: ResolveUse, wanted: number, now: number): number | null {
  const { setting, lowered, times } = use;
  if (wanted > setting) return null;
  const grows = lowered === null ? [] : growthTimes(setting, lowered);
  const changes = [now, ...times.map((at) => at + DAY_MS), ...grows].filter((at) => at >= now);
  const enough = (at: number) => resolvesPerDay(setting, lowered, at) - usedAt(times, at) >= wanted;
  return changes.sort((one, other) => one - other).find(enough) ?? null;
}

function growthTimes(setting: number, { to, at }: LoweredBudget): number[] {
  const days = Math.max(0, Math.ceil((setting - to) / growth(setting)));
  return Array.from({ length: days }, (_, day) => at + (day + 1) * DAY_MS);
}

function usedAt(times: readonly number[], now: number): number {
  const first = times.findIndex((at) => at > now - DAY_MS);
  return first === -1 ? 0 : times.length - first;
}
