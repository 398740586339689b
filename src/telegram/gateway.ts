import type { ProxyAddress } from '../kernel/proxy.js';
import type { Timers } from '../kernel/timers.js';
import type { Application } from './application.js';
import type { MediaFile, Message, MessagesAfter } from './message.js';
import type { TelegramNetwork } from './network.js';

/** An auth key and the data centre that knows it. Secret: `authKey` gives full control of the account. */
export interface DcKey {
  readonly dcId: number;
  /** A key of Telegram's test data centres. */
  readonly test: boolean;
  /** 256 bytes. */
  readonly authKey: Buffer;
}

/** A login to start. */
export interface LoginStart {
  /** With `+`. */
  readonly phoneNumber: string;
  readonly application: Application;
  /** Null: a direct connection. */
  readonly proxy: ProxyAddress | null;
}

/** A code that Telegram sent. It belongs to `key`, which goes on until the login ends. */
export interface SentCode {
  readonly phoneCodeHash: string;
  /** How it was sent: `app`, `sms`, `call`, … */
  readonly type: string;
  /** How it would be sent next; null: there is no other way. */
  readonly nextType: string | null;
  /** Seconds until it may be sent again; null: Telegram does not say. */
  readonly timeoutSeconds: number | null;
  readonly key: DcKey;
}

/** A login that waits for its code. */
export interface LoginUnderWay extends LoginStart {
  readonly phoneCodeHash: string;
  readonly key: DcKey;
}

/** Whose session it is. Ids are decimal digits: Telegram's have 64 bits. */
export interface Account {
  readonly id: string;
  /** With `+`; null: Telegram does not say (a bot's). */
  readonly phoneNumber: string | null;
  readonly firstName: string;
  readonly lastName: string | null;
  readonly username: string | null;
  readonly isBot: boolean;
}

/** Logged in; or the code was right, and the account's password is required as well. */
export type SignIn =
  | { readonly kind: 'signed_in'; readonly account: Account; readonly key: DcKey }
  | { readonly kind: 'password_needed'; readonly hint: string | null; readonly key: DcKey };

/** What is needed to connect as an account. */
export interface AccountAccess {
  readonly key: DcKey;
  readonly apiId: number;
  /** Null: a direct connection. */
  readonly proxy: ProxyAddress | null;
  /** All of the work must be done in so many seconds; null: each call has its own deadline only. */
  readonly withinSeconds: number | null;
  /** Aborts the work: it rejects with the signal's reason, and the connection is closed. */
  readonly signal?: AbortSignal;
}

/** A channel or group that an account can see. Ids and hashes are decimal digits, hashes may be negative. */
export interface Channel {
  readonly id: string;
  /** Only this account can use it; null: a basic group, which has none. */
  readonly accessHash: string | null;
  /** Null: it is private. */
  readonly username: string | null;
  readonly title: string;
  readonly participantsCount: number | null;
  readonly isBroadcast: boolean;
  readonly isMegagroup: boolean;
  readonly description: string | null;
}

/** The channels of an account; `flood`: Telegram cut the descriptions short, for so many seconds. */
export interface ChannelList {
  readonly channels: readonly Channel[];
  readonly flood: { readonly method: string; readonly seconds: number } | null;
}

/** What a channel is addressed by. */
export type Peer = Pick<Channel, 'id' | 'accessHash'>;

/** Which messages: newest first, ids above `minId` and (0: no bound) below `offsetId`, at most `limit` of up to 100. */
export interface HistoryPage {
  readonly minId: number;
  readonly offsetId: number;
  readonly limit: number;
}

/** The freeze of an account; times in seconds since 1970, null: Telegram does not say. */
export interface AccountFreeze {
  readonly since: number;
  /** When the account is deleted, unless an appeal is granted. */
  readonly until: number | null;
  readonly appealUrl: string | null;
}

/** One connection that speaks as an account. Each method is one or more calls, each with a deadline. */
export interface ConnectedAccount {
  whoAmI(): Promise<Account>;
  /** The freeze of the account, which is not seen by what it can still call; null: it is not frozen. */
  freeze(): Promise<AccountFreeze | null>;
  /** All channels and groups among its dialogs, with descriptions as far as Telegram and half of the time allow. */
  channels(): Promise<ChannelList>;
  /** The public channel of this name, without `@`. Scarce: some 200 a day. */
  resolve(username: string): Promise<Channel>;
  history(peer: Peer, page: HistoryPage): Promise<readonly Message[]>;
  /** The oldest messages after the id `afterId`, at most `limit` of up to 100. */
  messagesAfter(peer: Peer, afterId: number, limit: number): Promise<MessagesAfter>;
  /** The id of the newest message dated before `date` (seconds since 1970); 0: none is known. */
  lastBefore(peer: Peer, date: number): Promise<number>;
  /**
   * The file's bytes from `offset` (a multiple of 4096) on, in order, a piece at a time, from whichever data centre has
   * it.
   */
  download(file: MediaFile, offset: number): AsyncIterable<Buffer>;
  /** Ends the session permanently: its key is worthless afterwards. */
  logOut(): Promise<void>;
}

/** A bot to log in. */
export interface BotLogin extends Pick<LoginStart, 'application' | 'proxy'> {
  /** As issued by BotFather. Secret: it gives full control of the bot. */
  readonly token: string;
  /** Aborts the login: it rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/**
 * One connection authorised as a bot, with the account's calls that bots may make. Telegram refuses them the history
 * of a channel: they read its messages by their ids.
 */
export type ConnectedBot = Pick<ConnectedAccount, 'resolve' | 'messagesAfter' | 'download'>;

/** What bots may do at Telegram. Rejects as TelegramGateway does. */
export interface BotGateway {
  /** Logs the bot in. Telegram limits how often: keep the key. */
  logInBot(login: BotLogin): Promise<DcKey>;
  /** As `withAccount`, with the key of a bot. */
  withBot<Result>(access: AccountAccess, work: (bot: ConnectedBot) => Promise<Result>): Promise<Result>;
}

/**
 * Telegram, as the service sees it. Every call ends in time and leaves no connection behind, whatever
 * happens. All of them reject with TelegramRefused, TelegramFlood, TelegramUnreachable or TelegramTimeout
 * (`errors.ts`), and nothing but the first of these says anything of the session.
 */
export interface TelegramGateway extends BotGateway {
  sendCode(login: LoginStart): Promise<SentCode>;
  resendCode(login: LoginUnderWay): Promise<SentCode>;
  /** With `password`: also gives it, if the account has one, on the same connection. */
  signIn(login: LoginUnderWay, code: string, password: string | null): Promise<SignIn>;
  checkPassword(login: Omit<LoginUnderWay, 'phoneCodeHash'>, password: string): Promise<SignIn>;
  /** Connects, runs the work and hangs up: nothing of it speaks to Telegram once this has settled. */
  withAccount<Result>(
    access: AccountAccess,
    work: (account: ConnectedAccount) => Promise<Result>,
  ): Promise<Result>;
  /** Hangs up on everything, and refuses what comes later. */
  close(): Promise<void>;
}

/** How long a gateway waits, in seconds, and how much it does at once. */
export interface GatewayLimits {
  /** Time to connect; also how long work without its own deadline may queue. */
  readonly connectSeconds: number;
  /** For each call, and for agreeing on a new key. */
  readonly callSeconds: number;
  /** For each step of a login, whatever it takes. */
  readonly loginSeconds: number;
  /** Accounts and logins connected at once. A download's connection to another data centre is not counted. */
  readonly maxConnections: number;
}

/** What a gateway works with. */
export interface GatewayParts {
  readonly network: TelegramNetwork;
  readonly timers: Timers;
  /** Those left out are as in `defaultLimits`. */
  readonly limits?: Partial<GatewayLimits>;
}

/** Telegram answers in a fraction of a second, or not at all. */
export const defaultLimits: GatewayLimits = {
  connectSeconds: 10,
  callSeconds: 15,
  loginSeconds: 30,
  maxConnections: 50,
};
