import type { Clock } from '../clock.js';
import type { Lease } from '../pool/store.js';
import { TelegramRefused } from '../telegram/errors.js';
import type { Channel, ConnectedAccount } from '../telegram/gateway.js';
import type { KnownPeer, RunStore } from './store.js';

/** Finds the channel that a source names, as a session addresses it; each session asks Telegram once. */
export class ChannelPeers {
  readonly #runs: RunStore;
  readonly #clock: Clock;

  constructor(runs: RunStore, clock: Clock) {
    this.#runs = runs;
    this.#clock = clock;
  }

  /**
   * The channel by `@username`, or by its id among the session's own. `anew`: whatever was known before.
   * @throws TelegramRefused `CHANNEL_PRIVATE` where the session is not in it; as calls do.
   */
  async find(
    account: ConnectedAccount,
    { sessionId }: Lease,
    identifier: string,
    anew: boolean,
  ): Promise<KnownPeer> {
    const known = anew ? null : await this.#runs.peer(sessionId, identifier, this.#clock.now());
    if (known) return known;
    if (anew) await this.#runs.forgetPeer(sessionId, identifier);
    const channel = identifier.startsWith('@')
      ? await account.resolve(identifier.slice(1))
      : await ownChannel(account, identifier);
    const peer = peerOf(channel);
    await this.#runs.savePeer(sessionId, identifier, peer, this.#clock.now());
    return peer;
  }
}

/** What is kept of a channel by whoever found it. */
export function peerOf({ id: channelId, accessHash, title, username }: Channel): KnownPeer {
  return { channelId, accessHash, title, username };
}

/** An id means something only together with the hash that the session itself was given. */
async function ownChannel(account: ConnectedAccount, id: string): Promise<Channel> {
  const { channels } = await account.channels();
  const channel = channels.find((one) => one.id === id);
  if (!channel) throw new TelegramRefused('CHANNEL_PRIVATE', 'messages.getDialogs');
  return channel;
}
