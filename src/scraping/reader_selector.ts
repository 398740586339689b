import type { Clock } from '../kernel/clock.js';
import type { RunOutcome } from '../runs/engine.js';
import type { Source } from '../sources/store.js';
import type { TelegramGateway } from '../telegram/gateway.js';
import { BotReader, type BotReaderParts } from './bot_reader.js';
import { METHOD, type Reader, type RunContext } from './reader.js';
import { allSessionsDenied, noSessionFree } from './recovery.js';
import type { RunLeasing } from './run_leases.js';
import type { RunPool, RunRecords } from './service_ports.js';
import { SessionReader, type SessionReaderParts } from './session_reader.js';

/** How long a run waits in the queue for a session before it lets other runs go first, in seconds. */
const WAIT_SECONDS = 300;

/** How many sessions a request excepts at most. */
const MAX_EXCEPTED = 1_000;

/** The next reader; null ends the execution of the run. */
export type Selection = { readonly kind: 'reader'; readonly reader: Reader } | RunOutcome;

export interface ReaderSelectorParts extends SessionReaderParts, BotReaderParts {
  readonly runs: RunRecords;
  readonly leases: RunLeasing;
  readonly pool: RunPool;
  readonly gateway: TelegramGateway;
  readonly clock: Clock;
  /** Called when a run begins to wait. */
  readonly onChanged: (runId: number) => void;
}

/** Selects the next reader of a run. */
export class ReaderSelector {
  readonly #parts: ReaderSelectorParts;

  constructor(parts: ReaderSelectorParts) {
    this.#parts = parts;
  }

  /**
   * A session that is free now, else the source's bot, else the next session that the queue yields. The queue yields
   * the least recently used session first, so that one without access comes again only when all others had their turn.
   * Rejects with the signal's reason.
   */
  async next(context: RunContext): Promise<Selection> {
    const { pool, clock } = this.#parts;
    if (!context.botTried && hasReadingBot(context.source)) {
      const free = await this.#session(context, null);
      if (typeof free === 'object') return { kind: 'reader', reader: free };
      context.botTried = true;
      const bot = await BotReader.open(context, this.#parts);
      if (bot) return { kind: 'reader', reader: bot };
    }
    const next = await this.#session(context, WAIT_SECONDS);
    if (typeof next === 'object') return { kind: 'reader', reader: next };
    if (next === 'none') return noSessionFree(clock.now());
    const { states } = await pool.counts();
    return allSessionsDenied(states, context.deniedSessions.size, clock.now());
  }

  /** A session that has not been denied access; `none`: none comes within `waitSeconds` (null: none is free now). */
  async #session(
    context: RunContext,
    waitSeconds: number | null,
  ): Promise<SessionReader | 'denied' | 'none'> {
    const { run, source, signal, deniedSessions } = context;
    const { runs, leases, clock, onChanged } = this.#parts;
    const since = clock.now();
    const onWaiting = async () => {
      await runs.mark(run.id, run.owner, 'waiting', null, since);
      onChanged(run.id);
    };
    const { sessionId, identifier } = source;
    const wanted = { sessionId, method: METHOD, channels: [identifier] };
    const wait = waitSeconds === null ? null : { seconds: waitSeconds, onWaiting };
    // One without access would be preferred where it knows the channel.
    const except = [...deniedSessions].slice(-MAX_EXCEPTED);
    const isTaken = wait === null || except.length > 0;
    const free = isTaken ? await leases.acquire({ ...wanted, except }, null, signal) : null;
    const lease = free ?? (wait && (await leases.acquire(wanted, wait, signal)));
    signal.throwIfAborted();
    if (lease === null) return 'none';
    if (!deniedSessions.has(lease.sessionId)) {
      return new SessionReader(context, leases.hold(lease), this.#parts);
    }
    await leases.giveBack(lease);
    return 'denied';
  }
}

/** Whether the source has a bot that can find the channel: bots do so by username only. */
function hasReadingBot({ accessLevel, botToken, identifier }: Source): boolean {
  return accessLevel === 'public' && botToken !== null && identifier.startsWith('@');
}
