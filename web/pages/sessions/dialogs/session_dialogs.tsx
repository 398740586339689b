import { Group, PasswordInput, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { download, get, send } from '../../../api/client.js';
import { ApiError } from '../../../api/errors.js';
import { holderName } from '../../../api/holders.js';
import { outdated } from '../../../api/queries.js';
import {
  changeSession,
  invalidateSession,
  proxyName,
  restoreSession,
  type Session,
} from '../../../api/sessions.js';
import { CopyButton } from '../../../components/copy_button.js';
import { ConfirmDialog, FormDialog } from '../../../components/dialog.js';
import { useTextDraft } from '../../../components/draft.js';
import { saveFile } from '../../../components/save_file.js';
import { toast } from '../../../components/toasts.js';
import type { SessionAction } from '../session_actions.js';
import styles from '../sessions.module.css';
import { tagsOf } from './tags_of.js';

interface OfSession {
  readonly session: Session;
  readonly onClose: () => void;
  readonly onDeleted?: () => void;
}

/** The dialog of an action that needs one. */
export function SessionDialog({ action, ...props }: OfSession & { readonly action: SessionAction }) {
  switch (action) {
    case 'rename':
      return <RenameDialog {...props} />;
    case 'tags':
      return <TagsDialog {...props} />;
    case 'proxy':
      return <ProxyDialog {...props} />;
    case 'invalidate':
      return <InvalidateDialog {...props} />;
    case 'release':
      return <ReleaseDialog {...props} />;
    case 'export':
      return <ExportDialog {...props} />;
    case 'delete':
      return <DeleteDialog {...props} />;
    default:
      return null;
  }
}

function RenameDialog({ session: { id, name }, onClose }: OfSession) {
  const { t } = useTranslation();
  const draft = useTextDraft(`session.rename.${id}`, name);
  const rename = async () => {
    const renamed = draft.text.trim();
    await changeSession(id, { name: renamed });
    toast(t('sessions.done.renamed', { name: renamed }), { undo: () => changeSession(id, { name }) });
  };
  return (
    <FormDialog
      title={t('sessions.dialog.rename', { name })}
      action={t('common.save')}
      onSubmit={rename}
      onClose={onClose}
      draft={draft}
    >
      <TextInput
        data-autofocus
        label={t('sessions.dialog.newName')}
        description={t('sessions.dialog.renameHint')}
        value={draft.text}
        onChange={({ currentTarget }) => draft.set(currentTarget.value)}
      />
    </FormDialog>
  );
}

function TagsDialog({ session: { id, name, tags }, onClose }: OfSession) {
  const { t } = useTranslation();
  const draft = useTextDraft(`session.tags.${id}`, tags.join(', '));
  const save = async () => {
    await changeSession(id, { tags: tagsOf(draft.text) });
    toast(t('sessions.done.tagged', { name }), { undo: () => changeSession(id, { tags: [...tags] }) });
  };
  return (
    <FormDialog
      title={t('sessions.dialog.tags', { name })}
      action={t('common.save')}
      onSubmit={save}
      onClose={onClose}
      draft={draft}
    >
      <TextInput
        data-autofocus
        label={t('sessions.dialog.tagsLabel')}
        description={t('sessions.dialog.tagsHint')}
        value={draft.text}
        onChange={({ currentTarget }) => draft.set(currentTarget.value)}
      />
    </FormDialog>
  );
}

function ProxyDialog({ session: { id, name, proxy }, onClose }: OfSession) {
  const { t } = useTranslation();
  const draft = useTextDraft(`session.proxy.${id}`, proxyName(proxy), true);
  const save = async () => {
    // The password is not known here: what was not changed is not sent.
    if (draft.text.trim() === proxyName(proxy)) return;
    await changeSession(id, { proxy: draft.text.trim() });
    toast(t('sessions.done.proxied', { name }));
  };
  return (
    <FormDialog
      title={t('sessions.dialog.proxy', { name })}
      action={t('common.save')}
      onSubmit={save}
      onClose={onClose}
      draft={draft}
    >
      <TextInput
        data-autofocus
        label={t('sessions.dialog.proxyLabel')}
        description={t('sessions.dialog.proxyHint')}
        placeholder="socks5://user:password@host:1080"
        value={draft.text}
        onChange={({ currentTarget }) => draft.set(currentTarget.value)}
      />
    </FormDialog>
  );
}

function InvalidateDialog({ session: { id, name }, onClose }: OfSession) {
  const { t } = useTranslation();
  const draft = useTextDraft(`session.invalidate.${id}`, '');
  const invalidate = async () => {
    await invalidateSession(id, draft.text.trim());
    toast(t('sessions.done.invalidated', { name }), { undo: () => restoreSession(id) });
  };
  return (
    <FormDialog
      isDangerous
      title={t('sessions.dialog.invalidate', { name })}
      action={t('sessions.dialog.invalidateAction')}
      onSubmit={invalidate}
      onClose={onClose}
      draft={draft}
    >
      <p>{t('sessions.dialog.invalidateText')}</p>
      <TextInput
        data-autofocus
        label={t('sessions.dialog.reason')}
        placeholder={t('common.optional')}
        value={draft.text}
        onChange={({ currentTarget }) => draft.set(currentTarget.value)}
      />
    </FormDialog>
  );
}

/** How much of a name the list of leases can be searched for. */
const MAX_SEARCH = 100;

/** Ends the lease that was seen when it was opened, and not one that somebody has got since. */
function ReleaseDialog({ session, onClose }: OfSession) {
  const { t } = useTranslation();
  const [{ id, name, leased_at, ...held }] = useState(session);
  const release = async () => {
    const leases = await get('/leases', { query: { q: name.slice(0, MAX_SEARCH), limit: 1000 } });
    const lease = leases.find((one) => one.session_id === id && one.leased_at === leased_at);
    if (!lease?.lease_id) throw new ApiError(409, { code: 'lease_lost' }, null);
    await send('post', '/release', { body: { session_id: id, lease_id: lease.lease_id } });
    outdated('sessions', 'leases', 'status');
    toast(t('sessions.done.released', { name }));
  };
  return (
    <ConfirmDialog
      isDangerous
      title={t('sessions.dialog.release', { name })}
      action={t('sessions.dialog.releaseAction')}
      onConfirm={release}
      onClose={onClose}
    >
      <p>{t('sessions.dialog.releaseText', { holder: holderName(held) ?? name })}</p>
    </ConfirmDialog>
  );
}

function DeleteDialog({ session: { id, name }, onClose, onDeleted }: OfSession) {
  const { t } = useTranslation();
  const remove = async () => {
    await send('delete', '/sessions/{id}', { path: { id } });
    outdated('sessions', 'status');
    toast(t('sessions.done.deleted', { name }));
    onDeleted?.();
  };
  return (
    <ConfirmDialog
      isDangerous
      title={t('sessions.dialog.delete', { name })}
      action={t('sessions.dialog.deleteAction')}
      onConfirm={remove}
      onClose={onClose}
    >
      <p>{t('sessions.dialog.deleteText')}</p>
    </ConfirmDialog>
  );
}

const LIBRARIES = { telethon: 'Telethon', gramjs: 'GramJS', pyrogram: 'Pyrogram' } as const;

/** A string, and the format that it is in: another one may be chosen before it has come. */
interface Exported {
  readonly format: string;
  readonly string: string;
}

function ExportDialog({ session: { id, name }, onClose }: OfSession) {
  const { t } = useTranslation();
  const [format, setFormat] = useState<keyof typeof LIBRARIES | 'file'>('file');
  const [exported, setExported] = useState<Exported | null>(null);
  const save = async () => {
    if (format === 'file') {
      saveFile(
        await download('/sessions/{id}/export', { path: { id }, query: { format } }),
        `${name.split('/').at(-1)}.session`,
      );
      return true;
    }
    const { session_string } = await get('/sessions/{id}/export', { path: { id }, query: { format } });
    setExported({ format, string: session_string });
    return false;
  };
  const strings = Object.entries(LIBRARIES).map(([value, library]) => ({
    value,
    label: t('sessions.dialog.exportString', { library }),
  }));
  return (
    <FormDialog
      title={t('sessions.dialog.export', { name })}
      action={t('sessions.dialog.exportAction')}
      onSubmit={save}
      onClose={onClose}
    >
      <p>{t('sessions.dialog.exportText')}</p>
      <Select
        data-autofocus
        label={t('sessions.dialog.exportFormat')}
        allowDeselect={false}
        data={[{ value: 'file', label: t('sessions.dialog.exportFile') }, ...strings]}
        value={format}
        onChange={(value) => setFormat(value as typeof format)}
      />
      {exported?.format === format && (
        <PasswordInput
          mt="sm"
          readOnly
          label={t('sessions.dialog.exported')}
          value={exported.string}
          inputContainer={(field) => (
            <Group gap="xs" wrap="nowrap">
              <div className={styles.grow}>{field}</div>
              <CopyButton value={exported.string} what={t('sessions.dialog.exported')} />
            </Group>
          )}
        />
      )}
    </FormDialog>
  );
}
