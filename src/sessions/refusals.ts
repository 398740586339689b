import { Conflict, NotFound } from '../errors.js';
import { nameRefusal } from '../intake/names.js';
import { sessionNameRefusal } from '../intake/session_name.js';
import { sessionInUse } from './in_use.js';
import type { RemoveOutcome, RenameOutcome, SessionRecord } from './store.js';

/** Who has a name. */
export interface NameHolder {
  readonly sessionId: number | null;
  readonly sessionName: string;
}

/** Why a session can't get this name; null: it can. A name is plain, or stays in the session's directory. */
export function newNameRefusal(before: string, name: string): string | null {
  const directory = before.slice(0, before.lastIndexOf('/') + 1);
  if (directory === '' || !name.startsWith(directory)) return sessionNameRefusal(name);
  return sessionNameRefusal(name.slice(directory.length)) ?? nameRefusal(name);
}

/** What a change of the row that did not come about is answered with. */
export function refusedBy(
  outcome: Exclude<RenameOutcome | RemoveOutcome, { kind: 'renamed' | 'removed' }>,
  session: SessionRecord,
) {
  if (outcome.kind === 'unknown') return new NotFound('Session not found');
  if (outcome.kind === 'in_use') return sessionInUse(session);
  if (outcome.kind === 'referred') return inUseBySource(session, outcome);
  return nameTaken(outcome);
}

function inUseBySource(
  { name }: SessionRecord,
  { sourceId, sourceName }: Extract<RemoveOutcome, { kind: 'referred' }>,
): Conflict {
  const message = `${name} is the session of the source ${sourceName}: give that one another first, or none`;
  const source = { source_id: sourceId, source_name: sourceName };
  return new Conflict({ error: 'session_in_use_by_source', message, ...source });
}

/** A session, or a login under way, has the name. */
export function nameTaken({ sessionId, sessionName }: NameHolder): Conflict {
  const message = `This name is taken by ${sessionName}`;
  return new Conflict({ error: 'name_taken', message, session_id: sessionId, session_name: sessionName });
}
