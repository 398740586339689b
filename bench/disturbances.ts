import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresServer, Stop } from './postgres_server.js';
import type { Server } from './server.js';
import type { Ended } from './workplace.js';

const KILL_EVERY_MS = 2000;
const TERMINATE_EVERY_MS = 300;

/** The delay before a replica that failed to start is started again, in milliseconds. */
const START_AGAIN_MS = 100;

/** Three of each, evenly spaced on the way to the goal. */
const RESTARTS: readonly Stop[] = ['fast', 'immediate', 'fast', 'immediate', 'fast', 'immediate'];

/** Why a start may fail: the server is restarting, or a worker's socket has taken the port. */
const EXCUSED = /PostgreSQL|storage_unavailable|EADDRINUSE/;

/** The replicas that crashed by themselves, with the end of their output. */
export interface Toll {
  kills: number;
  failedStarts: number;
  readonly fell: string[];
}

/** Kills a replica every two seconds and restarts it at once, as a supervisor would. */
export async function killReplicas(
  replicas: readonly Server[],
  toll: Toll,
  enough: () => boolean,
): Promise<void> {
  for (;;) {
    await delay(KILL_EVERY_MS * (0.8 + Math.random() * 0.4));
    if (enough()) return;
    const victim = replicas[Math.floor(Math.random() * replicas.length)];
    if (!victim) return;
    noteFall(toll, await victim.stop('SIGKILL'));
    toll.kills += 1;
    await startAgain(victim, toll);
  }
}

/** A killed replica has no exit code: one that has an exit code had ended before. */
export function noteFall(toll: Toll, ended: Ended | null): void {
  if (ended && ended.code !== null && ended.code !== 0) toll.fell.push(ended.stderr.slice(-2000));
}

/** Restarts those that ended by themselves and were not killed since. */
export async function raiseFallen(replicas: readonly Server[], toll: Toll): Promise<void> {
  for (const replica of replicas.filter(({ fell }) => fell)) {
    noteFall(toll, await replica.stop('SIGKILL'));
    await startAgain(replica, toll);
  }
}

/** Starts a killed replica. @throws Error if it cannot be, for another reason than a moment's. */
export async function startAgain(replica: Server, toll: Toll): Promise<void> {
  for (;;) {
    try {
      await replica.start();
      return;
    } catch (error) {
      toll.failedStarts += 1;
      if (!(error instanceof Error) || !EXCUSED.test(error.message)) throw error;
      await delay(START_AGAIN_MS);
    }
  }
}

/** Restarts the server at even intervals; `progress` goes from 0 to 1. */
export async function restartPostgres(
  postgres: PostgresServer,
  progress: () => number,
  enough: () => boolean,
): Promise<void> {
  for (const [number, how] of RESTARTS.entries()) {
    while (progress() < (number + 1) / (RESTARTS.length + 1)) {
      if (enough()) return;
      await delay(20);
    }
    await postgres.restart(how);
  }
}

/** Repeatedly terminates a random connection of a replica; returns how many. */
export async function terminateBackends(postgres: PostgresServer, enough: () => boolean): Promise<number> {
  const text = `SELECT pg_terminate_backend(pid) AS ended FROM
    (SELECT pid FROM pg_stat_activity WHERE application_name = 'telegate' ORDER BY random() LIMIT 1) AS one`;
  let terminated = 0;
  while (!enough()) {
    await delay(TERMINATE_EVERY_MS * (0.5 + Math.random()));
    // While the server itself restarts, there is nothing to terminate.
    terminated += (await postgres.sql(text).catch(() => [])).length;
  }
  return terminated;
}
