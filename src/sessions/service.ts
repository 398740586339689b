import type { ProxyAddress } from '../access/proxy_url.js';
import type { Clock } from '../clock.js';
import { Conflict, InvalidInput, NotFound } from '../errors.js';
import { nameRefusal } from '../intake/names.js';
import type { SessionFiles } from '../intake/session_files.js';
import { sessionNameRefusal } from '../intake/session_name.js';
import type { SyncService } from '../intake/sync.js';
import type { Lease } from '../pool/store.js';
import { sessionInUse } from './in_use.js';
import type { OwnLease } from './own_lease.js';
import type { RemoveOutcome, RenameOutcome, SessionRecord, SessionStore } from './store.js';

/** How long it may take to give a session's files another name, in seconds. */
const FILES_SECONDS = 30;

export interface SessionServiceParts {
  readonly sessions: SessionStore;
  readonly files: SessionFiles;
  readonly sync: SyncService;
  readonly ownLease: OwnLease;
  readonly clock: Clock;
  /** The row of a proxy: the one there is, or a new one. */
  readonly proxyId: (proxy: ProxyAddress) => Promise<number>;
  /** The session, other than `except`, that has this name, be it in another case; null: none has. */
  readonly holderOf: (name: string, except: number) => Promise<NameHolder | null>;
  /** The proxy that new sessions get: it stays, even while none has it. */
  readonly defaultProxyId: number | null;
}

/** Who has a name. */
export interface NameHolder {
  readonly sessionId: number | null;
  readonly sessionName: string;
}

/** What an admin may change of a session. */
export interface SessionChange {
  readonly name?: string;
  readonly tags?: readonly string[];
  readonly active?: boolean;
  /** Null: straight. */
  readonly proxy?: ProxyAddress | null;
}

/** Changes sessions, their names and files, and takes them away. */
export class SessionService {
  readonly #parts: SessionServiceParts;

  constructor(parts: SessionServiceParts) {
    this.#parts = parts;
  }

  /** @throws NotFound. */
  async session(id: number): Promise<SessionRecord> {
    const session = await this.#parts.sessions.session(id);
    if (!session) throw new NotFound('Session not found');
    return session;
  }

  /** @throws NotFound; InvalidInput, Conflict for a name that can't be had; Conflict `session_in_use`. */
  async change(id: number, { name, proxy, ...change }: SessionChange): Promise<SessionRecord> {
    const { sessions, clock, defaultProxyId } = this.#parts;
    const before = await this.session(id);
    if (name !== undefined && name !== before.name) await this.rename(before, name);
    const proxyId = proxy
      ? { proxyId: await this.#parts.proxyId(proxy) }
      : proxy === null && { proxyId: null };
    const after = await sessions.edit(id, { ...change, ...proxyId }, clock.now());
    if (!after) throw new NotFound('Session not found');
    const dropped = before.proxyId !== after.proxyId ? before.proxyId : null;
    if (dropped !== null && dropped !== defaultProxyId) await sessions.dropProxy(dropped);
    return after;
  }

  /** Gives a session and its files another name. @throws InvalidInput, Conflict, NotFound, Failed. */
  async rename(session: SessionRecord, name: string): Promise<SessionRecord> {
    const refused = refusal(session.name, name);
    if (refused) throw new InvalidInput([{ loc: ['body', 'name'], msg: refused, type: 'value_error' }]);
    return this.#alone(session, (leaseId) =>
      this.#parts.sync.exclusively(() => this.#rename(session.id, name, leaseId)),
    );
  }

  /** Drops a session and its files. @throws NotFound; Conflict `session_in_use`; Failed where a file can't be deleted. */
  async remove(id: number): Promise<void> {
    const { sessions, files, sync, clock } = this.#parts;
    const session = await this.session(id);
    await sync.exclusively(async () => {
      const outcome = await sessions.remove(id, null, clock.now());
      if (outcome.kind !== 'removed') throw refusedBy(outcome, session);
      await files.remove(outcome.session);
    });
  }

  async #rename(id: number, name: string, leaseId: string | null): Promise<SessionRecord> {
    const { sessions, files, clock } = this.#parts;
    const session = await this.session(id);
    const holder = await this.#parts.holderOf(name, id);
    if (holder) throw nameTaken(holder);
    const moved = await files.move(session, name);
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

  /** No worker may lease the session while its files have two names. One that can't be leased needs no lease. */
  async #alone<Result>(
    { id, state }: SessionRecord,
    work: (leaseId: string | null) => Promise<Result>,
  ): Promise<Result> {
    const leasable = state === 'free' || state === 'inactive' || state === 'leased' || state === 'cooldown';
    if (!leasable) return work(null);
    const own = { method: null, seconds: FILES_SECONDS };
    return this.#parts.ownLease.during(id, own, ({ leaseId }: Lease) => work(leaseId));
  }
}

/** A name is plain, or stays in the directory that the session lies in. */
function refusal(before: string, name: string): string | null {
  const directory = before.slice(0, before.lastIndexOf('/') + 1);
  if (directory === '' || !name.startsWith(directory)) return sessionNameRefusal(name);
  return sessionNameRefusal(name.slice(directory.length)) ?? nameRefusal(name);
}

function refusedBy(
  outcome: Exclude<RenameOutcome | RemoveOutcome, { kind: 'renamed' | 'removed' }>,
  session: SessionRecord,
) {
  if (outcome.kind === 'unknown') return new NotFound('Session not found');
  if (outcome.kind === 'in_use') return sessionInUse(session);
  return nameTaken(outcome);
}

function nameTaken({ sessionId, sessionName }: NameHolder): Conflict {
  const message = `This name is taken by ${sessionName}`;
  return new Conflict({ error: 'name_taken', message, session_id: sessionId, session_name: sessionName });
}
