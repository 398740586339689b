import type { Config } from '../../config.js';
import { Semaphore } from '../../kernel/semaphore.js';
import type { Examined } from '../../storage/examination.js';
import type { SideConnection } from '../../storage/open.js';
import type { TelegramNetwork } from '../../telegram/network.js';

/** One line of a diagnosis. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'error';
  /** What was found. No secret. */
  readonly message: string;
  /** What to do about it. */
  readonly advice?: string;
  /** Repairs it, where that is safe: it deletes nothing, and a running service does not mind. */
  readonly fix?: () => Promise<unknown>;
}

/** The machine that is examined. */
export interface Machine {
  readonly nodeVersion: string;
  /** The free space on the disk of a directory, in bytes. */
  freeBytes(directory: string): number;
  /** The content of a file of `/proc`; null: this system has none. */
  procFile(path: string): string | null;
  /** The wall clock, in milliseconds. */
  wall(): number;
}

/** What checks work with. */
export interface Parts {
  readonly config: Config;
  readonly machine: Machine;
  readonly network: TelegramNetwork;
  /** The database, or why it can't be used. */
  readonly examined: Examined | Error;
  /** Null: it can't be used, which a check of its own says. */
  readonly stores: SideConnection | null;
}

/** Something that is checked: by a name that stays the same. */
export interface Check {
  readonly name: string;
  /** Whether it needs Telegram or its proxies. */
  readonly online?: true;
  /** How long it may take, in milliseconds; 10 s by default. */
  readonly deadlineMs?: number;
  /** Never throws on what it is to find; an error is a finding by itself. */
  run(parts: Parts, signal: AbortSignal): Promise<readonly Finding[]> | readonly Finding[];
}

/** A finding and the name of its check. */
export interface NamedFinding extends Finding {
  readonly check: string;
}

const DEADLINE_MS = 10_000;

/** How many checks run at a time. */
const CONCURRENCY = 8;

/**
 * Runs checks side by side; their findings, in the order of the checks. `running`: is told the names of those under
 * way.
 */
export async function runChecks(
  checks: readonly Check[],
  parts: Parts,
  running: Set<string>,
): Promise<NamedFinding[]> {
  const places = new Semaphore(CONCURRENCY);
  const found = await Promise.all(
    checks.map(async (check) => {
      const leave = await places.acquire(new AbortController().signal);
      running.add(check.name);
      try {
        return (await outcomeOf(check, parts)).map((finding) => ({ check: check.name, ...finding }));
      } finally {
        running.delete(check.name);
        leave();
      }
    }),
  );
  return found.flat();
}

async function outcomeOf(check: Check, parts: Parts): Promise<readonly Finding[]> {
  const deadlineMs = check.deadlineMs ?? DEADLINE_MS;
  const late = AbortSignal.timeout(deadlineMs);
  const lateness = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(new Error(`no answer within ${deadlineMs / 1000} s`)), {
      once: true,
    });
  });
  try {
    return await Promise.race([Promise.resolve(check.run(parts, late)), lateness]);
  } catch (error) {
    return [failed(reasonOf(error))];
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error
    ? error.message || (error as NodeJS.ErrnoException).code || error.name
    : String(error);
}

export function ok(message: string): Finding {
  return { level: 'ok', message };
}

export function warning(message: string, advice: string, fix?: () => Promise<unknown>): Finding {
  return { level: 'warning', message, advice, ...(fix && { fix }) };
}

export function failed(message: string, advice?: string, fix?: () => Promise<unknown>): Finding {
  return { level: 'error', message, ...(advice !== undefined && { advice }), ...(fix && { fix }) };
}
