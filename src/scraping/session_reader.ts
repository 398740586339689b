import { SecretUnreadable } from '../access/vault_errors.js';
import type { Clock } from '../kernel/clock.js';
import { NotFound } from '../kernel/errors.js';
import { RESOLVE_METHOD } from '../peers/resolve_budget.js';
import type { KnownChannel } from '../peers/store.js';
import { OWN_HOLDER, ownCaller } from '../sessions/own_lease.js';
import { isRpcError, TelegramFlood, TelegramRefused } from '../telegram/errors.js';
import type { Channel, ConnectedAccount, TelegramGateway } from '../telegram/gateway.js';
import { knownChannelOf, type Reader, type RunContext } from './reader.js';
import { type RecoveryAction, recoveryAfter } from './recovery.js';
import type { HeldLease } from './run_leases.js';
import type { RunAccesses, RunPeers, RunPool, RunSessions } from './service_ports.js';

export interface SessionReaderParts {
  readonly peers: RunPeers;
  readonly sessions: RunSessions;
  readonly pool: RunPool;
  readonly accesses: RunAccesses;
  readonly gateway: TelegramGateway;
  readonly clock: Clock;
  /** The longest flood wait that a run sleeps through, in seconds. */
  readonly limits: { readonly floodSleepMaxSeconds: number };
}

/** Reads the channel of a run with a leased session. */
export class SessionReader implements Reader {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly #context: RunContext;
  readonly #held: HeldLease;
  readonly #parts: SessionReaderParts;

  constructor(context: RunContext, held: HeldLease, parts: SessionReaderParts) {
    this.name = held.lease.sessionName;
    this.signal = AbortSignal.any([context.signal, held.lost]);
    this.#context = context;
    this.#held = held;
    this.#parts = parts;
  }

  async read(resolveAgain: boolean): Promise<void> {
    const { sessions, accesses, gateway } = this.#parts;
    const session = await sessions.session(this.#held.lease.sessionId);
    if (!session) throw new NotFound('Session');
    const access = { ...(await accesses.of(session, null)), signal: this.signal };
    let reading: Promise<void> = Promise.resolve();
    try {
      await gateway.withAccount(access, (account) => {
        reading = this.#read(account, resolveAgain);
        return reading;
      });
    } finally {
      // A lost lease ends the connection at once, but a page that is being stored meanwhile must not meet the next
      // reader's.
      await reading.catch(() => undefined);
    }
  }

  async #read(account: ConnectedAccount, resolveAgain: boolean): Promise<void> {
    const peer = await this.#peer(account, resolveAgain);
    await this.#context.read(account, peer, this.signal, this.name);
  }

  /** As `Reader.recover`; the pool is told what Telegram said about the session. */
  async recover(error: unknown, resolvedAgain: boolean): Promise<RecoveryAction> {
    const { floodSleepMaxSeconds } = this.#parts.limits;
    if (error instanceof SecretUnreadable) return this.#setAside(error);
    const anySession = this.#context.source.sessionId === null;
    const action = recoveryAfter(error, { floodSleepMaxSeconds, anySession, resolvedAgain });
    if (action === null) throw error;
    const said = error instanceof Error ? error.message : String(error);
    await this.#context.log('warning', `${this.name}: ${said}`);
    if (!isRpcError(error)) return action;
    const { sessionId, leaseId } = this.#held.lease;
    const { telegramError, method } = error;
    await this.#parts.peers.refused(sessionId, this.#context.source.identifier, telegramError, []);
    // Even a wait that is slept through says how much a session may resolve.
    const isResolveFlood = error instanceof TelegramFlood && method === RESOLVE_METHOD;
    if (action.kind !== 'switch' && !isResolveFlood) return action;
    const report = this.#parts.pool.report(sessionId, ownCaller(leaseId), telegramError, method);
    const reported = await report.catch(() => null);
    if (reported?.effect.kind === 'none') this.#context.deniedSessions.add(sessionId);
    return action;
  }

  close(): Promise<void> {
    return this.#held.release();
  }

  /** No key decrypts what the session needs: it leaves the pool, and another one takes over where one may. */
  async #setAside({ message }: SecretUnreadable): Promise<RecoveryAction> {
    await this.#context.log('warning', `${this.name} can't be used: ${message}`);
    await this.#parts.pool.setAside(this.#held.lease, OWN_HOLDER, message);
    if (this.#context.source.sessionId === null) return { kind: 'switch' };
    return { kind: 'fail', message: `${this.name}: ${message}` };
  }

  /**
   * The source's channel as this session addresses it; each session asks Telegram once.
   * @throws TelegramRefused `CHANNEL_PRIVATE` where the session is not in it; ResolveBudgetSpent; as calls do.
   */
  async #peer(account: ConnectedAccount, resolveAgain: boolean): Promise<KnownChannel> {
    const { peers } = this.#parts;
    const { sessionId, leaseId } = this.#held.lease;
    const { identifier } = this.#context.source;
    const [known] = resolveAgain ? [] : await peers.known(sessionId, [identifier]);
    if (known) return known;
    const owner = { sessionId, leaseId };
    if (identifier.startsWith('@')) await peers.takeResolve(owner, identifier);
    const channel = await resolveChannel(account, identifier);
    await peers.keep(owner, [channel], identifier);
    return knownChannelOf(channel);
  }
}

/** By `@username`, or by its id among the session's own: an id needs the access hash that this session was given. */
async function resolveChannel(account: ConnectedAccount, identifier: string): Promise<Channel> {
  if (identifier.startsWith('@')) return account.resolve(identifier.slice(1));
  const { channels } = await account.channels();
  const channel = channels.find(({ id }) => id === identifier);
  if (!channel) throw new TelegramRefused('CHANNEL_PRIVATE', 'messages.getDialogs');
  return channel;
}
