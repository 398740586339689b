import {
  type Credentials,
  encodeSessionString,
  type StringFormat,
} from '../intake/formats/session_string.js';
import type { SteadyClock } from '../kernel/clock.js';
import { Conflict } from '../kernel/errors.js';
import { MAX_PEERS_PER_SESSION, rememberedChannels } from '../peers/rules.js';
import type { PeerStore, RememberedChannel } from '../peers/store.js';
import { UserIdUnknown } from '../pool/outcomes.js';
import type { SessionChecks } from './checks.js';
import { type AccountAccesses, lacksUserId, withIdsOf } from './credentials.js';
import type { SessionRecord } from './store.js';
import type { StoredCredentials } from './stored_credentials.js';

export interface ExportParts {
  readonly accesses: AccountAccesses;
  readonly stored: StoredCredentials;
  readonly checks: Pick<SessionChecks, 'check'>;
  readonly peers: Pick<PeerStore, 'peers'>;
  readonly clock: SteadyClock;
}

/** Exports sessions in the formats that clients read. */
export class SessionExports {
  readonly #parts: ExportParts;

  constructor(parts: ExportParts) {
    this.#parts = parts;
  }

  /**
   * Asks Telegram for the session's user if the format needs its id and it is unknown.
   * @throws Conflict `credentials_unreadable`, `not_exportable`; UserIdUnknown; as a check.
   */
  async string(session: SessionRecord, format: StringFormat): Promise<string> {
    const read = withIdsOf(session, await this.#parts.accesses.credentials(session));
    const credentials = lacksUserId(read, format) ? await this.#identified(session, read) : read;
    try {
      return encodeSessionString(credentials, format);
    } catch (error) {
      const message = `This session can't be expressed as a ${format} string: ${error instanceof Error ? error.message : error}`;
      throw new Conflict({ error: 'not_exportable', message, session_id: session.id });
    }
  }

  async #identified({ id, name }: SessionRecord, credentials: Credentials): Promise<Credentials> {
    const { account, error } = await this.#parts.checks.check(id);
    if (!account) throw new UserIdUnknown(id, name, error);
    return { ...credentials, userId: account.id, isBot: account.isBot };
  }

  /**
   * A Telethon session file: the session's own, or a converted one, with the channels that the session knows.
   * @throws Conflict `credentials_unreadable`.
   */
  async file(session: SessionRecord): Promise<Buffer> {
    const credentials = await this.#parts.accesses.credentials(session);
    const own = session.format === 'telethon' ? session.file : null;
    return this.#parts.stored.file({ file: own }, credentials, () => this.#channels(session.id));
  }

  async #channels(sessionId: number): Promise<RememberedChannel[]> {
    const { peers, clock } = this.#parts;
    const known = await peers.peers({ skip: 0, limit: MAX_PEERS_PER_SESSION }, { sessionId, tags: [] });
    return rememberedChannels(known).map((channel) => ({
      ...channel,
      seenAt: clock.display(channel.seenAt).getTime(),
    }));
  }
}
