import type { SharedEvents } from '../http/shared_events.js';
import { holderOf } from '../kernel/api_key.js';
import type { Database } from '../storage/database.js';

export interface ChangeListeners {
  readonly publish: SharedEvents['publish'];
  /** A run was queued, taken, put back, cancelled or ended. */
  readonly runChanged: (runId: number) => void;
}

type Stores = Pick<Database, 'sources' | 'sessions' | 'access' | 'logins' | 'runs' | 'prefect'>;

/**
 * The stores of which every change that consoles show is announced, whoever makes it: a request, a schedule, a run, or
 * what was changed in Prefect.
 */
export function announcingChanges(stores: Stores, { publish, runChanged }: ChangeListeners): Stores {
  return {
    ...stores,
    sources: announcingSources(stores, publish, runChanged),
    sessions: announcingSessions(stores, publish),
    access: announcingKeys(stores, publish),
    logins: announcingLogins(stores, publish),
    ...announcingRuns(stores, publish, runChanged),
  };
}

type Publish = SharedEvents['publish'];

function announcingSources(
  { sources, runs }: Stores,
  publish: Publish,
  runChanged: ChangeListeners['runChanged'],
): Stores['sources'] {
  return {
    ...sources,
    async create(settings, first, now) {
      const outcome = await sources.create(settings, first, now);
      if (outcome.kind !== 'done') return outcome;
      const { id, name } = outcome.source;
      publish('source', { source_id: id, name, change: 'created' });
      // The source is created: whether its run can be announced, too, does not change the answer.
      const begun = first ? await runs.lastRuns([id]).catch(() => []) : [];
      for (const run of begun) runChanged(run.id);
      return outcome;
    },
    async edit(id, change, now) {
      const outcome = await sources.edit(id, change, now);
      if (outcome.kind === 'done') {
        publish('source', { source_id: id, name: outcome.source.name, change: 'changed' });
      }
      return outcome;
    },
    async fillTitle(id, channelTitle) {
      await sources.fillTitle(id, channelTitle);
      publish('source', { source_id: id, name: null, change: 'changed' });
    },
    async remove(id) {
      const removed = await sources.remove(id);
      if (removed) publish('source', { source_id: id, name: removed.name, change: 'deleted' });
      return removed;
    },
  };
}

/** The pool announces its own events; tags and proxies are no part of it. */
function announcingSessions({ sessions }: Stores, publish: Publish): Stores['sessions'] {
  return {
    ...sessions,
    async edit(id, change, now) {
      const edited = await sessions.edit(id, change, now);
      if (edited) publish('session_edit', { session_id: id, session_name: edited.name });
      return edited;
    },
  };
}

function announcingKeys({ access }: Stores, publish: Publish): Stores['access'] {
  return {
    ...access,
    async createKey(key) {
      const created = await access.createKey(key);
      const { id, name } = created;
      publish('key', { key_id: id, holder: holderOf(id), name, change: 'created' }, 'admins');
      return created;
    },
    async revokeKey(id, now) {
      const outcome = await access.revokeKey(id, now);
      if (outcome === 'revoked') {
        publish('key', { key_id: id, holder: holderOf(id), name: null, change: 'revoked' }, 'admins');
      }
      return outcome;
    },
  };
}

function announcingLogins({ logins }: Stores, publish: Publish): Stores['logins'] {
  const tell = (id: string, stage: string) => publish('login', { temp_session_id: id, stage }, 'admins');
  return {
    ...logins,
    async add(login, claimedUntil, now) {
      const outcome = await logins.add(login, claimedUntil, now);
      if (outcome.kind === 'added') tell(login.id, login.stage);
      return outcome;
    },
    async settle(id, change) {
      await logins.settle(id, change);
      // Another code was sent, or the login goes on.
      if (change.stage !== undefined || change.expiresAt !== undefined) tell(id, change.stage ?? 'code');
    },
    async save(id, session, now) {
      const outcome = await logins.save(id, session, now);
      if (outcome.kind === 'saved') tell(id, 'saved');
      return outcome;
    },
    async remove(id, now) {
      const removed = await logins.remove(id, now);
      if (removed && removed.stage !== 'saved') tell(id, 'ended');
      return removed;
    },
  };
}

function announcingRuns(
  { runs, prefect }: Stores,
  publish: Publish,
  runChanged: ChangeListeners['runChanged'],
): Pick<Stores, 'runs' | 'prefect'> {
  return { runs: announcedRuns(runs, runChanged), prefect: announcedPrefect(prefect, publish, runChanged) };
}

function announcedRuns(runs: Stores['runs'], runChanged: ChangeListeners['runChanged']): Stores['runs'] {
  return {
    ...runs,
    async begin(sourceId, reason, now) {
      const outcome = await runs.begin(sourceId, reason, now);
      if (outcome.kind === 'begun') runChanged(outcome.run.id);
      return outcome;
    },
    async cancel(id, now) {
      const cancelled = await runs.cancel(id, now);
      if (cancelled) runChanged(id);
      return cancelled;
    },
    async defer(id, ...rest) {
      const deferred = await runs.defer(id, ...rest);
      if (deferred) runChanged(id);
      return deferred;
    },
    async finish(id, ...rest) {
      const finished = await runs.finish(id, ...rest);
      if (finished) runChanged(id);
      return finished;
    },
  };
}

function announcedPrefect(
  prefect: Stores['prefect'],
  publish: Publish,
  runChanged: ChangeListeners['runChanged'],
): Stores['prefect'] {
  return {
    ...prefect,
    async claimFlowRun(claim, now) {
      const outcome = await prefect.claimFlowRun(claim, now);
      if (outcome.kind === 'taken') runChanged(outcome.run.id);
      return outcome;
    },
    async saveFlowRunId(runId, flowRunId) {
      const saved = await prefect.saveFlowRunId(runId, flowRunId);
      if (saved) runChanged(runId);
      return saved;
    },
    async releaseStranded(now) {
      const deferred = await prefect.releaseStranded(now);
      for (const { id } of deferred) runChanged(id);
      return deferred;
    },
    async applyFromPrefect(sourceId, ...rest) {
      const applied = await prefect.applyFromPrefect(sourceId, ...rest);
      if (applied) publish('source', { source_id: sourceId, name: null, change: 'changed' });
      return applied;
    },
  };
}
