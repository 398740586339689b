/** The actions that the console has words for, as the service names them. */
export const ACTIONS = [
  'session.create',
  'session.upload',
  'session.change',
  'session.rename',
  'session.delete',
  'session.test',
  'session.export',
  'session.release',
  'session.invalidate',
  'session.restore',
  'session.floodwait',
  'session.report',
  'session.bulk',
  'session.bulk_cancel',
  'login.send_code',
  'login.resend_code',
  'login.verify',
  'login.finalize',
  'login.cancel',
  'login.get_code',
  'source.create',
  'source.change',
  'source.delete',
  'source.trigger',
  'source.check',
  'run.cancel',
  'key.create',
  'key.revoke',
  'tag.limit',
  'tag.unlimit',
  'sync',
  'sync.force',
] as const;

export type Action = (typeof ACTIONS)[number];

export function isAction(action: string): action is Action {
  return ACTIONS.some((known) => known === action);
}

/** The end of the key of its words. */
export function wordsOf(action: Action): Exclude<Action, 'sync'> | 'sync.run' {
  return action === 'sync' ? 'sync.run' : action;
}
