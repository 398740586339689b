import { ActionIcon, Menu } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useIsAdmin } from '../../api/identity.js';
import type { Session } from '../../api/sessions.js';
import { Icon } from '../../components/icons.js';
import { onDemand } from '../../components/on_demand.js';
import { actionsFor, type SessionAction, useRunAtOnce } from './session_actions.js';

const SessionDialog = onDemand(async () => (await import('./dialogs/session_dialogs.js')).SessionDialog);

/** What an admin can do with a session. */
export function SessionMenu({
  session,
  onDeleted,
}: {
  readonly session: Session;
  readonly onDeleted?: () => void;
}) {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  const runAtOnce = useRunAtOnce();
  const [asked, setAsked] = useState<SessionAction | null>(null);
  if (!isAdmin) return null;
  const choose = (action: SessionAction) => {
    if (!runAtOnce(action, session)) setAsked(action);
  };
  return (
    <>
      <Menu position="bottom-end" transitionProps={{ duration: 0 }} withinPortal returnFocus>
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('common.actionsFor', { name: session.name })}
          >
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {actionsFor(session).map((action) => (
            <Menu.Item
              key={action}
              {...(action === 'delete' && { color: 'red' })}
              onClick={() => choose(action)}
            >
              {t(`sessions.action.${action}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {asked && (
        <SessionDialog
          action={asked}
          session={session}
          onClose={() => setAsked(null)}
          {...(onDeleted && { onDeleted })}
        />
      )}
    </>
  );
}
