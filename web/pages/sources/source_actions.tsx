import { ActionIcon, Menu } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useIsAdmin } from '../../api/identity.js';
import { changeSource, deleteSource, pathOf, type Source, triggerSource } from '../../api/sources.js';
import { ActionMenu } from '../../components/action_menu.js';
import { ConfirmDialog } from '../../components/dialog.js';
import { Icon } from '../../components/icons.js';
import { useProblem } from '../../components/problem.js';
import { toast } from '../../components/toasts.js';

/** What an admin does with a source without a dialog. */
export function useSourceActions(source: Source) {
  const { t } = useTranslation();
  const problem = useProblem();
  const { id, name } = source;
  const attempt = (work: () => Promise<unknown>) =>
    work().catch((error: unknown) => toast(problem(error).text, { tone: 'failed' }));
  const setActive = (is_active: boolean) => changeSource(id, { is_active });
  return {
    run: () =>
      attempt(async () => {
        await triggerSource(id);
        toast(t('sources.done.queued', { name }));
      }),
    pause: () =>
      attempt(async () => {
        await setActive(false);
        toast(t('sources.done.paused', { name }), { undo: () => setActive(true) });
      }),
    resume: () =>
      attempt(async () => {
        await setActive(true);
        toast(t('sources.done.resumed', { name }), { undo: () => setActive(false) });
      }),
  };
}

interface SourceMenuProps {
  readonly source: Source;
  readonly onEdit: () => void;
  readonly onDeleted?: () => void;
  /** Whether running it is a button of its own. */
  readonly withRun?: boolean;
}

/** What an admin can do with a source. */
export function SourceMenu({ source, onEdit, onDeleted, withRun = false }: SourceMenuProps) {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  const { run, pause, resume } = useSourceActions(source);
  const [isDeleting, setDeleting] = useState(false);
  if (!isAdmin) return null;
  const { name, is_active } = source;
  return (
    <>
      {withRun && (
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('sources.action.runNamed', { name })}
          title={t('sources.action.run')}
          onClick={run}
        >
          <Icon name="runs" />
        </ActionIcon>
      )}
      <ActionMenu name={name}>
        {withRun && <Menu.Item onClick={run}>{t('sources.action.run')}</Menu.Item>}
        {is_active === 'active' ? (
          <Menu.Item onClick={pause}>{t('sources.action.pause')}</Menu.Item>
        ) : (
          <Menu.Item onClick={resume}>{t('sources.action.resume')}</Menu.Item>
        )}
        <Menu.Item onClick={onEdit}>{t('sources.action.edit')}</Menu.Item>
        <Menu.Item color="red" onClick={() => setDeleting(true)}>
          {t('sources.action.delete')}
        </Menu.Item>
      </ActionMenu>
      {isDeleting && (
        <DeleteDialog source={source} onClose={() => setDeleting(false)} {...(onDeleted && { onDeleted })} />
      )}
    </>
  );
}

interface DeleteDialogProps {
  readonly source: Source;
  readonly onClose: () => void;
  readonly onDeleted?: () => void;
}

function DeleteDialog({ source, onClose, onDeleted }: DeleteDialogProps) {
  const { t } = useTranslation();
  const { id, name, target } = source;
  const remove = async () => {
    await deleteSource(id);
    toast(t('sources.done.deleted', { name }));
    onDeleted?.();
  };
  return (
    <ConfirmDialog
      isDangerous
      title={t('sources.delete.title', { name })}
      action={t('common.delete')}
      onConfirm={remove}
      onClose={onClose}
    >
      <p>{t('sources.delete.text')}</p>
      <p>{t('sources.delete.kept', { place: `${target}, ${pathOf(source)}` })}</p>
    </ConfirmDialog>
  );
}
