import { Tabs } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ConfirmDialog, Dialog } from '../../../components/dialog.js';
import type { AddTab } from '../adding.js';
import { cancelLogin } from './login.js';
import { useLoginDraft } from './login_draft.js';
import { LoginFlow } from './login_flow.js';
import { PasteString } from './paste_string.js';
import { UploadFiles } from './upload_files.js';

interface AddDialogProps {
  readonly tab: AddTab;
  readonly onTab: (tab: AddTab) => void;
  readonly onClose: () => void;
}

const TABS = ['code', 'upload', 'string'] as const;

/** Adds accounts: by a login code, by files, or by a session string. */
export function AddDialog({ tab, onTab, onClose }: AddDialogProps) {
  const { t } = useTranslation();
  const draft = useLoginDraft();
  const [isLeaving, setLeaving] = useState(false);
  const { login } = draft.values;
  const isGetCode = tab === 'get';
  return (
    <>
      <Dialog
        title={isGetCode ? t('accounts.getCode.title') : t('accounts.title')}
        size="lg"
        onClose={() => (login ? setLeaving(true) : onClose())}
      >
        {isGetCode ? (
          <LoginFlow draft={draft} isGetCode onClose={onClose} />
        ) : (
          <Tabs value={tab} onChange={(value) => onTab((value ?? 'code') as AddTab)} keepMounted={false}>
            <Tabs.List mb="md">
              {TABS.map((name) => (
                <Tabs.Tab key={name} value={name}>
                  {t(`accounts.tab.${name}`)}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value="code">
              <LoginFlow draft={draft} onClose={onClose} />
            </Tabs.Panel>
            <Tabs.Panel value="upload">
              <UploadFiles onClose={onClose} />
            </Tabs.Panel>
            <Tabs.Panel value="string">
              <PasteString onClose={onClose} />
            </Tabs.Panel>
          </Tabs>
        )}
      </Dialog>
      {isLeaving && login && (
        <ConfirmDialog
          isDangerous
          title={t('accounts.cancelTitle')}
          action={t('accounts.cancelAction')}
          cancel={t('accounts.goBack')}
          onConfirm={async () => {
            await cancelLogin(login);
            draft.clear();
            onClose();
          }}
          onClose={() => setLeaving(false)}
        >
          <p>{t('accounts.cancelText')}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
