import { NoSessionsDirectory } from '../intake/errors.js';
import { hasFiles, type MovedFiles, type SessionsDirectory } from '../intake/session_files.js';
import type { Clock } from '../kernel/clock.js';
import { InvalidInput, NotFound } from '../kernel/errors.js';
import type { ProxyAddress } from '../kernel/proxy.js';
import type { PoolService } from '../pool/service.js';
import type { Lease } from '../pool/store.js';
import type { OwnLeases } from './own_lease.js';
import { type NameHolder, nameTaken, newNameRefusal, refusedBy } from './refusals.js';
import type { SessionRecord, SessionStore } from './store.js';

/** States that a worker may bring a session to, or find it in. */
const LEASED_TO_RENAME: ReadonlySet<string> = new Set([
  ...['free', 'inactive', 'leased', 'cooldown', 'frozen', 'used_up'],
]);

/** How long renaming a session's files may take, in seconds. */
const FILES_SECONDS = 30;

export interface SessionServiceParts {
  readonly sessions: SessionStore;
  /** Null: other replicas sync the session files. */
  readonly directory: SessionsDirectory | null;
  readonly ownLeases: OwnLeases;
  readonly clock: Clock;
  /** The row of a proxy, existing or new. */
  readonly proxyId: (proxy: ProxyAddress) => Promise<number>;
  /** The session, other than `except`, with this name, ignoring case; null: there is none. */
  readonly holderOf: (name: string, except: number) => Promise<NameHolder | null>;
  /** The proxy of new sessions, which is kept even while no session uses it. */
  readonly defaultProxyId: number | null;
  readonly pool: Pick<PoolService, 'block' | 'restore'>;
}

/** What an admin may change of a session. */
export interface SessionChange {
  readonly name?: string;
  readonly tags?: readonly string[];
  /** `expired`: dead, until it is restored, logged in again, or made active. */
  readonly activity?: 'active' | 'inactive' | 'expired';
  /** Null: a direct connection. */
  readonly proxy?: ProxyAddress | null;
}

/** Changes, renames and removes sessions, with their files. */
export class SessionService {
  readonly #parts: SessionServiceParts;

  constructor(parts: SessionServiceParts) {
    this.#parts = parts;
  }

  /** @throws NotFound. */
  async session(id: number): Promise<SessionRecord> {
    const session = await this.#parts.sessions.session(id);
    if (!session) throw new NotFound('Session');
    return session;
  }

  /**
   * By the key `holder`. @throws NotFound; InvalidInput, Conflict for an impossible name; Conflict `session_in_use`.
   */
  async change(id: number, holder: string, change: SessionChange): Promise<SessionRecord> {
    const { name, proxy, tags, activity } = change;
    const { sessions, clock, defaultProxyId } = this.#parts;
    const before = await this.session(id);
    if (name !== undefined && name !== before.name) await this.rename(before, name);
    const proxyId = proxy
      ? { proxyId: await this.#parts.proxyId(proxy) }
      : proxy === null && { proxyId: null };
    await this.#expireOrRevive(before, holder, activity);
    const active = activity && activity !== 'expired' && { active: activity === 'active' };
    const after = await sessions.edit(id, { ...(tags && { tags }), ...active, ...proxyId }, clock.now());
    if (!after) throw new NotFound('Session');
    const dropped = before.proxyId !== after.proxyId ? before.proxyId : null;
    if (dropped !== null && dropped !== defaultProxyId) await sessions.dropProxy(dropped);
    return after;
  }

  /** By the admin key `holder`. @throws Conflict if that key itself has leased the session. */
  async #expireOrRevive(
    { id, state }: SessionRecord,
    holder: string,
    activity: SessionChange['activity'],
  ): Promise<void> {
    const { pool } = this.#parts;
    if (activity === 'active' && state === 'dead') await pool.restore(id);
    if (activity !== 'expired' || state === 'dead') return;
    const caller = { holder, admin: true, leaseId: null, address: null, leaseIds: 'required' } as const;
    await pool.block(id, caller, { kind: 'dead', reason: 'marked as expired' });
  }

  /**
   * Gives a session and its files another name.
   * @throws InvalidInput, Conflict (`no_sessions_directory` if its files are not available here), NotFound, Failed.
   */
  async rename(session: SessionRecord, name: string): Promise<SessionRecord> {
    const refused = newNameRefusal(session.name, name);
    if (refused) throw new InvalidInput([{ loc: ['body', 'name'], msg: refused, type: 'value_error' }]);
    this.#ensureFilesAreHere(session);
    return this.#leased(session, (leaseId) =>
      this.#undisturbed(() => this.#rename(session.id, name, leaseId)),
    );
  }

  /**
   * Deletes a session and its files.
   * @throws NotFound; Conflict `session_in_use`, `session_in_use_by_source`, `no_sessions_directory`; Failed if a
   * file can't be deleted.
   */
  async remove(id: number): Promise<void> {
    const { sessions, directory, clock } = this.#parts;
    const session = await this.session(id);
    this.#ensureFilesAreHere(session);
    await this.#undisturbed(async () => {
      const outcome = await sessions.remove(id, null, clock.now());
      if (outcome.kind !== 'removed') throw refusedBy(outcome, session);
      await directory?.files.remove(outcome.session);
    });
  }

  async #rename(id: number, name: string, leaseId: string | null): Promise<SessionRecord> {
    const { sessions, clock } = this.#parts;
    const session = await this.session(id);
    const holder = await this.#parts.holderOf(name, id);
    if (holder) throw nameTaken(holder);
    const moved = await this.#move(session, name);
    try {
      const to = { name, file: moved.file, jsonFile: moved.jsonFile };
      const outcome = await sessions.rename(id, to, leaseId, clock.now());
      if (outcome.kind === 'renamed') return outcome.session;
      throw refusedBy(outcome, session);
    } catch (error) {
      await moved.undo();
      throw error;
    }
  }

  #move(session: SessionRecord, name: string): Promise<MovedFiles> {
    const { directory } = this.#parts;
    if (directory) return directory.files.move(session, name);
    this.#ensureFilesAreHere(session);
    return Promise.resolve({ file: null, jsonFile: null, undo: async () => undefined });
  }

  #ensureFilesAreHere(session: SessionRecord): void {
    if (this.#parts.directory === null && hasFiles(session)) throw new NoSessionsDirectory(session);
  }

  /** Exclusively with scans: a scan would add a half-renamed session. */
  #undisturbed<Result>(work: () => Promise<Result>): Promise<Result> {
    const { directory } = this.#parts;
    return directory ? directory.sync.exclusively(work) : work();
  }

  /** No worker may lease the session while its files are being renamed. An unleasable one needs no lease. */
  async #leased<Result>(
    { id, state }: SessionRecord,
    work: (leaseId: string | null) => Promise<Result>,
  ): Promise<Result> {
    if (!LEASED_TO_RENAME.has(state)) return work(null);
    const own = { method: null, seconds: FILES_SECONDS };
    return this.#parts.ownLeases.during(id, own, ({ leaseId }: Lease) => work(leaseId));
  }
}
