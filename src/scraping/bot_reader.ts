import { VaultError } from '../access/vault_errors.js';
import { BadRequest } from '../kernel/errors.js';
import type { ProxyAddress } from '../kernel/proxy.js';
import type { KnownChannel } from '../peers/store.js';
import { saysNotLoggedIn } from '../telegram/auth_key_errors.js';
import type { BotGateway, ConnectedBot } from '../telegram/gateway.js';
import { knownChannelOf, type Reader, type RunContext } from './reader.js';
import { type RecoveryAction, recoveryAfter } from './recovery.js';
import type { RunBots } from './service_ports.js';
import type { BotSession, SourceBot } from './source_bots.js';

export interface BotReaderParts {
  readonly bots: RunBots;
  readonly gateway: BotGateway;
  /** The proxy of bots; null: they connect directly. */
  readonly botProxy: ProxyAddress | null;
  /** The longest flood wait that a run sleeps through, in seconds. */
  readonly limits: { readonly floodSleepMaxSeconds: number };
}

/** Reads the channel of a run as the source's own bot. Nothing is leased for it: a bot is no session of the pool. */
export class BotReader implements Reader {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly #context: RunContext;
  readonly #bot: SourceBot;
  readonly #parts: BotReaderParts;
  /** Null: it has to log in. */
  #session: BotSession | null;
  /** It logged in during this run: where its session is refused, another login won't help. */
  #loggedIn = false;

  private constructor(context: RunContext, bot: SourceBot, parts: BotReaderParts) {
    this.name = bot.name;
    this.signal = context.signal;
    this.#context = context;
    this.#bot = bot;
    this.#parts = parts;
    this.#session = bot.session;
  }

  /** The reader of the source's bot; null: there is none, or it can't be used, which the run's log then says. */
  static async open(context: RunContext, parts: BotReaderParts): Promise<BotReader | null> {
    try {
      const bot = await parts.bots.of(context.source.id);
      return bot && new BotReader(context, bot, parts);
    } catch (error) {
      if (!(error instanceof VaultError || error instanceof BadRequest)) throw error;
      await context.log('warning', `the source's bot can't be used: ${error.message}`);
      return null;
    }
  }

  async read(resolveAgain: boolean): Promise<void> {
    const { gateway, botProxy: proxy } = this.#parts;
    const { source, signal } = this.#context;
    const { key, channel: known } = this.#session ?? (await this.#logIn());
    const { apiId } = this.#bot.application;
    await gateway.withBot({ key, apiId, proxy, withinSeconds: null, signal }, async (account) => {
      const isKnown = !resolveAgain && known?.identifier === source.identifier;
      const channel = isKnown ? known : await this.#resolve(key, account);
      await this.#context.read(account, channel, signal, this.name);
    });
  }

  /** As `Reader.recover`; a session that Telegram no longer knows is forgotten. */
  async recover(error: unknown, resolvedAgain: boolean): Promise<RecoveryAction> {
    const { bots, limits } = this.#parts;
    const { floodSleepMaxSeconds } = limits;
    const action = recoveryAfter(error, { floodSleepMaxSeconds, anySession: true, resolvedAgain });
    if (action === null) throw error;
    const said = error instanceof Error ? error.message : String(error);
    await this.#context.log('warning', `${this.name}: ${said}`);
    if (this.#session === null || !saysNotLoggedIn(error)) return action;
    this.#session = null;
    await bots.keep(this.#bot, null);
    return this.#loggedIn ? action : { kind: 'resolve' };
  }

  async close(): Promise<void> {}

  async #logIn(): Promise<BotSession> {
    const { gateway, bots, botProxy: proxy } = this.#parts;
    const { token, application } = this.#bot;
    const key = await gateway.logInBot({ token, application, proxy, signal: this.signal });
    this.#session = { key, channel: null };
    this.#loggedIn = true;
    await bots.keep(this.#bot, this.#session);
    return this.#session;
  }

  async #resolve(key: BotSession['key'], account: ConnectedBot): Promise<KnownChannel> {
    const { identifier } = this.#context.source;
    const channel = { identifier, ...knownChannelOf(await account.resolve(identifier.slice(1))) };
    this.#session = { key, channel };
    await this.#parts.bots.keep(this.#bot, this.#session);
    return channel;
  }
}
