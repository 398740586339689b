import { randomUUID } from 'node:crypto';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { FollowingClock, systemTime } from '../../kernel/clock.js';
import { RpcPeer } from '../../kernel/rpc.js';
import { nodeTimers } from '../../kernel/timers.js';
import type { Lease } from '../../pool/store.js';
import { createLazyGateway } from '../../telegram/lazy_gateway.js';
import { networkOf } from '../../telegram/network.js';
import { RunExecutor } from '../run_executor.js';
import type { HeldLease, RunLeasing, RunWait, SessionRequest } from '../run_leases.js';
import type { RunAccesses, RunBots } from '../service_ports.js';
import { openSink } from '../sinks/open_sink.js';
import {
  type LeaseCalls,
  RUN_ERRORS,
  type RunThreadCalls,
  type RunThreadTask,
  receivedKey,
  SERVICE_METHODS,
} from './protocol.js';

/**
 * The run thread: reading from Telegram, downloads, and all that is stored, away from the event loop that leases. Its
 * first message is its task; `null` ends the task, after which it can get another.
 */
export function serve(port: MessagePort): void {
  port.once('message', (task: RunThreadTask) => {
    const served: { thread?: RunThreadCalls } = {};
    const peer = new RpcPeer(port, RUN_ERRORS, served);
    served.thread = callsOf(task, peer);
    port.on('message', function end(message: unknown) {
      if (message !== null) return;
      port.off('message', end);
      peer.close(new Error('the run thread was ended'));
      serve(port);
    });
  });
}

function callsOf(task: RunThreadTask, peer: RpcPeer): RunThreadCalls {
  const clock = new FollowingClock(task.clock, systemTime.monotonic);
  const timers = nodeTimers;
  const gateway = createLazyGateway({
    ...{ network: networkOf(task.network), timers, limits: task.telegramLimits },
  });
  const leases = new RemoteLeases(peer.remote('leases', SERVICE_METHODS.leases));
  const executor = new RunExecutor({
    ...{ gateway, leases, clock, timers },
    runs: peer.remote('runs', SERVICE_METHODS.runs),
    peers: peer.remote('peers', SERVICE_METHODS.peers),
    sources: peer.remote('sources', SERVICE_METHODS.sources),
    sessions: peer.remote('sessions', SERVICE_METHODS.sessions),
    pool: peer.remote('pool', SERVICE_METHODS.pool),
    accesses: remoteAccesses(peer),
    bots: remoteBots(peer),
    botProxy: task.botProxy,
    openSink: (source, checkpoint, signal) =>
      openSink(source, checkpoint, { config: task.targets, clock, timers, newId: randomUUID }, signal),
    limits: task.limits,
    onChanged: (runId) => peer.tell('changes', 'changed', runId),
  });
  return {
    execute: (run, signal) => executor.execute(run, signal),
    follow: async (reading) => clock.follow(reading),
    waiting: (acquire) => leases.waiting(acquire),
    end: () => gateway.close(),
  };
}

function remoteAccesses(peer: RpcPeer): RunAccesses {
  const accesses = peer.remote<RunAccesses>('accesses', SERVICE_METHODS.accesses);
  return {
    async of(session, withinSeconds) {
      const access = await accesses.of(session, withinSeconds);
      return { ...access, key: receivedKey(access.key) };
    },
  };
}

function remoteBots(peer: RpcPeer): RunBots {
  const bots = peer.remote<RunBots>('bots', SERVICE_METHODS.bots);
  return {
    async of(sourceId) {
      const bot = await bots.of(sourceId);
      const session = bot?.session;
      return session ? { ...bot, session: { ...session, key: receivedKey(session.key) } } : bot;
    },
    keep: (bot, session) => bots.keep(bot, session),
  };
}

/** The leases that the service holds for this thread. */
class RemoteLeases implements RunLeasing {
  readonly #calls: LeaseCalls;
  readonly #waits = new Map<number, RunWait>();
  #acquires = 0;

  constructor(calls: LeaseCalls) {
    this.#calls = calls;
  }

  async acquire(request: SessionRequest, wait: RunWait | null, signal: AbortSignal) {
    this.#acquires += 1;
    const number = this.#acquires;
    if (wait) this.#waits.set(number, wait);
    try {
      const lease = await this.#calls.acquire(number, request, wait?.seconds ?? null, signal);
      if (lease === null || !signal.aborted) return lease;
      await this.giveBack(lease);
      return null;
    } finally {
      this.#waits.delete(number);
    }
  }

  async waiting(acquire: number): Promise<void> {
    await this.#waits.get(acquire)?.onWaiting();
  }

  hold(lease: Lease): HeldLease {
    const lost = new AbortController();
    this.#calls.held(lease.leaseId).catch((reason: unknown) => lost.abort(reason));
    return { lease, lost: lost.signal, release: () => this.giveBack(lease) };
  }

  async giveBack({ leaseId }: Lease): Promise<void> {
    await this.#calls.release(leaseId).catch(() => undefined);
  }
}

if (parentPort) serve(parentPort);
