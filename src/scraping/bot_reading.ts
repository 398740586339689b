import { VaultError } from '../access/vault.js';
import type { Clock } from '../clock.js';
import { BadRequest } from '../errors.js';
import type { ProxyAddress } from '../kernel/proxy.js';
import { saysNotLoggedIn } from '../telegram/auth_key_errors.js';
import type { BotGateway, ConnectedBot } from '../telegram/gateway.js';
import type { Timers } from '../timers.js';
import { afterError, type NextStep } from './after_error.js';
import { peerOf } from './channel_peer.js';
import { type Course, readWith, storeNew } from './course.js';
import type { RunOutcome } from './engine.js';
import type { RunLog } from './run_log.js';
import type { BotSession, SourceBot, SourceBots } from './source_bots.js';
import type { KnownPeer, RunStore } from './store.js';

export interface BotReadingParts {
  readonly runs: RunStore;
  readonly bots: SourceBots;
  readonly gateway: BotGateway;
  /** The way that bots take; null: straight. */
  readonly botProxy: ProxyAddress | null;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A flood wait of at most so many seconds is slept through. */
  readonly limits: { readonly floodSleepMaxSeconds: number };
}

/** A bot at work for one run. */
interface Working extends Omit<SourceBot, 'session'> {
  /** Null: it has to log in. */
  session: BotSession | null;
  /** It logged in for this run: if that is no good, once more won't help. */
  isNew: boolean;
}

/** Reads a source as its own bot. Nothing is leased for it: a bot is no session of the pool. */
export class BotReading {
  readonly #parts: BotReadingParts;
  readonly #log: RunLog;

  constructor(parts: BotReadingParts, log: RunLog) {
    this.#parts = parts;
    this.#log = log;
  }

  /** Whether there is a bot that has not had its turn, and can find the channel: it does so by name only. */
  canRead({ source, botTried }: Course): boolean {
    const { accessLevel, botToken, identifier } = source;
    return !botTried && accessLevel === 'public' && botToken !== null && identifier.startsWith('@');
  }

  /** Reads as the bot, until all is read or a session must take its place; null: one must. */
  async with(course: Course): Promise<RunOutcome | null> {
    course.botTried = true;
    const { run, source, signal } = course;
    const { runs, bots, clock, timers } = this.#parts;
    const found = await bots.of(source.id).catch((error: unknown) => this.#unusable(course, error));
    if (found === null) return null;
    const bot: Working = { ...found, isNew: false };
    await runs.mark(run.id, run.owner, 'running', bot.name, clock.now());
    await this.#log.write(run.id, 'info', `reads as ${bot.name}`);
    const reader = {
      read: (anew: boolean) => this.#read(course, bot, anew),
      judge: (error: unknown, anew: boolean) => this.#judge(course, bot, error, anew),
    };
    return readWith(reader, course, timers, signal);
  }

  async #unusable({ run }: Course, error: unknown): Promise<null> {
    if (!(error instanceof VaultError || error instanceof BadRequest)) throw error;
    await this.#log.write(run.id, 'warning', `the bot of the source is of no use: ${error.message}`);
    return null;
  }

  /** Reads what is new, to its end. */
  async #read(course: Course, bot: Working, anew: boolean): Promise<void> {
    const { gateway, botProxy: proxy } = this.#parts;
    const { source, signal } = course;
    const { key, channel: known } = bot.session ?? (await this.#logIn(course, bot));
    const access = { key, apiId: bot.application.apiId, proxy, withinSeconds: null, signal };
    await gateway.withBot(access, async (account) => {
      const isKnown = !anew && known?.identifier === source.identifier;
      const channel = isKnown ? known : await this.#resolve(course, bot, key, account);
      await storeNew(course, account, channel, signal);
    });
  }

  async #logIn({ signal }: Course, bot: Working): Promise<BotSession> {
    const { gateway, bots, botProxy: proxy } = this.#parts;
    const { token, application } = bot;
    const key = await gateway.logInBot({ token, application, proxy, signal });
    const session = { key, channel: null };
    Object.assign(bot, { session, isNew: true });
    await bots.keep(bot, session);
    return session;
  }

  async #resolve(
    { source }: Course,
    bot: Working,
    key: BotSession['key'],
    account: ConnectedBot,
  ): Promise<KnownPeer> {
    const { identifier } = source;
    const channel = { identifier, ...peerOf(await account.resolve(identifier.slice(1))) };
    bot.session = { key, channel };
    await this.#parts.bots.keep(bot, bot.session);
    return channel;
  }

  /**
   * What is to be done about an error; a session that is none any more is forgotten.
   * @throws what is none of Telegram's.
   */
  async #judge({ run }: Course, bot: Working, error: unknown, anew: boolean): Promise<NextStep> {
    const { bots, limits } = this.#parts;
    const { floodSleepMaxSeconds } = limits;
    const step = afterError(error, { floodSleepMaxSeconds, anySession: true, resolvedAnew: anew });
    if (step === null) throw error;
    const said = error instanceof Error ? error.message : String(error);
    await this.#log.write(run.id, 'warning', `${bot.name}: ${said}`);
    if (bot.session === null || !saysNotLoggedIn(error)) return step;
    bot.session = null;
    await bots.keep(bot, null);
    return bot.isNew ? step : { kind: 'resolve' };
  }
}
