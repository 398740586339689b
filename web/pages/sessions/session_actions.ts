import { useTranslation } from 'react-i18next';
import { send } from '../../api/client.js';
import { outdated } from '../../api/queries.js';
import { changeSession, restoreSession, type Session } from '../../api/sessions.js';
import { useProblem } from '../../components/problem.js';
import { toast } from '../../components/toasts.js';

/** What an admin can do with a session, in the order of its menu. */
const SESSION_ACTIONS = [
  'test',
  'rename',
  'tags',
  'proxy',
  'deactivate',
  'activate',
  'restore',
  'release',
  'invalidate',
  'export',
  'delete',
] as const;
export type SessionAction = (typeof SESSION_ACTIONS)[number];

type SessionFacts = Pick<Session, 'status' | 'condition' | 'is_active'>;

/** States of sessions that are out of the pool already. */
const OUT: readonly string[] = ['dead', 'missing', 'duplicate', 'invalid'];

/** Which sessions an action makes sense for; the others do for all. */
const FITS: Partial<Record<SessionAction, (session: SessionFacts) => boolean>> = {
  // A leased session may be inactive: it leaves the pool once its lease ends.
  deactivate: ({ is_active, status }) => is_active === 'active' && !OUT.includes(status),
  activate: ({ is_active }) => is_active === 'inactive',
  restore: ({ status, condition }) =>
    ['invalid', 'dead', 'flood'].includes(status) || ['limited', 'frozen'].includes(condition),
  release: ({ status }) => status === 'leased',
  invalidate: ({ status }) => status !== 'invalid',
};

/** What can be done with this session as it is. */
export function actionsFor(session: SessionFacts): SessionAction[] {
  return SESSION_ACTIONS.filter((action) => FITS[action]?.(session) ?? true);
}

/** Runs an action that needs no dialog; answers whether it is one. */
export function useRunAtOnce(): (action: SessionAction, session: Session) => boolean {
  const { t } = useTranslation();
  const problem = useProblem();
  const attempt = (work: () => Promise<unknown>) => {
    work().catch((error: unknown) => toast(problem(error).text, { tone: 'failed' }));
    return true;
  };
  return (action, session) => {
    const { id, name } = session;
    const undone = (back: () => Promise<void>) => async () => {
      await back();
      toast(t('sessions.done.undone'));
    };
    switch (action) {
      case 'test':
        return attempt(async () => {
          const { is_valid, error, status } = await send('post', '/sessions/{id}/test', { path: { id } });
          outdated('sessions', 'status');
          if (is_valid && error === null) toast(t('sessions.done.valid', { name }));
          else if (is_valid) toast(`${name}: ${error}`, { tone: 'failed' });
          else toast(t('sessions.done.invalid', { name, error: error ?? status }), { tone: 'failed' });
        });
      case 'deactivate':
        return attempt(async () => {
          await changeSession(id, { is_active: 'inactive' });
          toast(t('sessions.done.deactivated', { name }), {
            undo: undone(() => changeSession(id, { is_active: 'active' })),
          });
        });
      case 'activate':
        return attempt(async () => {
          await changeSession(id, { is_active: 'active' });
          toast(t('sessions.done.activated', { name }), {
            undo: undone(() => changeSession(id, { is_active: 'inactive' })),
          });
        });
      case 'restore':
        return attempt(async () => {
          await restoreSession(id);
          toast(t('sessions.done.restored', { name }));
        });
      default:
        return false;
    }
  };
}
