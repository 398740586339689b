import { setTimeout as delay } from 'node:timers/promises';
import { noteFall, type Toll } from '../disturbances.js';
import type { Server } from '../server.js';
import type { Site } from './site.js';
import type { Services } from './sources.js';

const KILL_EVERY_MS = 10_000;
const FLOOD_EVERY_MS = 6_000;

/** Those that a run sleeps through, and those for which it takes another session. */
const FLOODS = ['FLOOD_WAIT_2', 'FLOOD_WAIT_20', 'FLOOD_WAIT_3', 'FLOOD_WAIT_4'];

/** When Prefect's server is restarted, as shares of what is to be done, and how it is stopped. */
const RESTARTS = [
  { at: 0.2, signal: 'SIGKILL' },
  { at: 0.6, signal: 'SIGTERM' },
] as const;

/** What happened meanwhile. */
export interface Happened {
  readonly kills: number;
  readonly restarts: number;
  /** How often each was asked for. */
  readonly floods: string;
  /** Why services did not start again. */
  readonly failedStarts: readonly string[];
  /** The end of the output of services that ended by themselves. */
  readonly fell: readonly string[];
}

export interface Disturbances {
  /** Stops them; every service is up when this resolves. */
  end(): Promise<Happened>;
}

/** Kills services, floods sessions and restarts Prefect's server; `progress` goes from 0 to 1. */
export function disturb(site: Site, services: Services, progress: () => Promise<number>): Disturbances {
  const over = new AbortController();
  const pause = async (milliseconds: number) => {
    await delay(milliseconds, undefined, { signal: over.signal }).catch(() => undefined);
    return !over.signal.aborted && !site.place.closed;
  };
  const killing = killInTurn(
    services.all.map(({ server }) => server),
    pause,
  );
  const flooding = flood(site, pause);
  const restarting = restart(site, progress, pause);
  for (const work of [killing, flooding, restarting]) work.catch(() => undefined);
  return {
    async end() {
      over.abort();
      return { ...(await killing), floods: await flooding, restarts: await restarting };
    },
  };
}

/** Resolves to whether to go on. */
type Pause = (milliseconds: number) => Promise<boolean>;

/** Each starts again at once, while the next one is waited for. */
async function killInTurn(servers: readonly Server[], pause: Pause) {
  const toll: Toll = { kills: 0, failedStarts: 0, fell: [] };
  const failedStarts: string[] = [];
  const starting = new Map<Server, Promise<void>>();
  const start = (server: Server) => {
    const started = startAgain(server, failedStarts).finally(() => starting.delete(server));
    started.catch(() => undefined);
    starting.set(server, started);
  };
  for (let turn = 0; await pause(KILL_EVERY_MS); turn += 1) {
    const victim = nextUp(servers, turn, starting);
    if (!victim) continue;
    noteFall(toll, await victim.stop('SIGKILL'));
    toll.kills += 1;
    start(victim);
  }
  await Promise.all(starting.values());
  for (const server of servers.filter(({ fell }) => fell)) {
    noteFall(toll, await server.stop('SIGKILL'));
    await startAgain(server, failedStarts);
  }
  return { kills: toll.kills, fell: toll.fell, failedStarts };
}

/** The first one from `turn` on that is not starting; undefined: all are. */
function nextUp(
  servers: readonly Server[],
  turn: number,
  starting: ReadonlyMap<Server, unknown>,
): Server | undefined {
  const inTurn = servers.map((_, at) => servers[(turn + at) % servers.length]);
  return inTurn.find((server) => server && !starting.has(server));
}

const MAX_FAILED_STARTS = 10;

async function startAgain(server: Server, failed: string[]): Promise<void> {
  for (;;) {
    try {
      await server.start();
      return;
    } catch (error) {
      failed.push(String(error));
      if (failed.length > MAX_FAILED_STARTS) throw error;
      await delay(500);
    }
  }
}

/** Makes Telegram ask one reader after the other to wait; returns how often for how long. */
async function flood({ centres }: Site, pause: Pause): Promise<string> {
  const asked = new Map<string, number>();
  for (let count = 0; await pause(FLOOD_EVERY_MS); count += 1) {
    // While all wait already, more would only pile up.
    if ((await centres.faultsLeft()) > 0) continue;
    const fault = FLOODS[count % FLOODS.length] ?? '';
    const method = count % 3 === 0 ? 'upload.getFile' : 'messages.getHistory';
    await centres.fail(method, fault);
    asked.set(fault, (asked.get(fault) ?? 0) + 1);
  }
  await centres.calm();
  return [...asked].map(([fault, times]) => `${times} × ${fault}`).join(', ');
}

async function restart({ prefect }: Site, progress: () => Promise<number>, pause: Pause): Promise<number> {
  let restarts = 0;
  for (const { at, signal } of RESTARTS) {
    while ((await progress().catch(() => 0)) < at) if (!(await pause(200))) return restarts;
    await prefect.stop(signal);
    await prefect.start();
    restarts += 1;
  }
  return restarts;
}
