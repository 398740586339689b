import { nameRefusal, sessionNameRefusal } from '../intake/names.js';
import { Conflict, NotFound, type TeleGateError, TooMany, type Unavailable } from '../kernel/errors.js';
import type { RemoveOutcome, RenameOutcome, SessionRecord } from './store.js';

type Named = Pick<SessionRecord, 'id' | 'name'>;

/** Who has a name: a session, or (null) a pending login. */
export interface NameHolder {
  readonly sessionId: number | null;
  readonly sessionName: string;
}

/** Why a session can't have this name; null: it can. A name has no directory, or the session's own. */
export function newNameRefusal(before: string, name: string): string | null {
  const directory = before.slice(0, before.lastIndexOf('/') + 1);
  if (!name.startsWith(directory)) return sessionNameRefusal(name);
  return sessionNameRefusal(name.slice(directory.length)) ?? nameRefusal(name);
}

/** The error for a rename or removal that the store refused. */
export function refusedBy(
  outcome: Exclude<RenameOutcome | RemoveOutcome, { kind: 'renamed' | 'removed' }>,
  session: Named,
): TeleGateError {
  if (outcome.kind === 'unknown') return new NotFound('Session');
  if (outcome.kind === 'in_use') return sessionInUse(session);
  if (outcome.kind === 'referred') return inUseBySource(session, outcome);
  return nameTaken(outcome);
}

function inUseBySource(
  { name }: Named,
  { sourceId, sourceName }: Extract<RemoveOutcome, { kind: 'referred' }>,
): Conflict {
  const message = `The source ${sourceName} reads with ${name}: give it another session first, or none`;
  const source = { source_id: sourceId, source_name: sourceName };
  return new Conflict({ error: 'session_in_use_by_source', message, ...source });
}

/** A session or a pending login has the name. */
export function nameTaken({ sessionId, sessionName }: NameHolder): Conflict {
  const message = `This name is taken by ${sessionName}`;
  return new Conflict({ error: 'name_taken', message, session_id: sessionId, session_name: sessionName });
}

/** Somebody is using the session, or may still be connected with it. */
export function sessionInUse({ id, name }: Named): Conflict {
  const message = `${name} is in use: try again after its release`;
  return new Conflict({ error: 'session_in_use', message, session_id: id, session_name: name });
}

/** Telegram forbids the use of the session for some seconds. */
export function sessionFlooded({ id, name }: Named, seconds: number): TooMany {
  const wait = Math.max(1, seconds);
  const message = `${name} is in a flood wait`;
  return new TooMany({ error: 'flood_wait', message, session_id: id, wait_seconds: wait }, wait);
}

/** States in which the service may lease a session, to look after it. */
const LEASABLE: ReadonlySet<string> = new Set(['free', 'inactive', 'frozen', 'used_up']);

/** Why the service can't lease the session in its present state; null: it can. */
export function leaseRefusal(
  session: Named & Pick<SessionRecord, 'state' | 'stateReason' | 'stateUntil'>,
  now: number,
): TeleGateError | null {
  const { id: session_id, name: session_name, state, stateReason, stateUntil } = session;
  if (LEASABLE.has(state)) return null;
  if (state === 'leased' || state === 'cooldown') return sessionInUse(session);
  if (state === 'flood') return sessionFlooded(session, Math.ceil(((stateUntil ?? now) - now) / 1000));
  const message = `${session_name} is out of the pool (${state}${stateReason ? `: ${stateReason}` : ''})`;
  return new Conflict({ error: 'session_unavailable', message, session_id, session_name, status: state });
}

/** Seconds until the first flood wait ends: nothing else blocks a free session. */
export function secondsToFloodEnd({ detail }: Unavailable): number {
  const seconds = typeof detail === 'string' ? null : detail.next_release_in;
  return typeof seconds === 'number' ? seconds : 1;
}
