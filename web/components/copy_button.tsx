import { ActionIcon } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Icon } from './icons.js';
import { toast } from './toasts.js';

/** Copies a value; `what` names it. */
export function CopyButton({ value, what }: { readonly value: string; readonly what: string }) {
  const { t } = useTranslation();
  const copy = async () => {
    const isCopied = await copyText(value).catch(() => false);
    toast(t(isCopied ? 'common.copied' : 'common.notCopied'), { tone: isCopied ? 'done' : 'failed' });
  };
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="sm"
      aria-label={t('common.copyValue', { what })}
      onClick={() => void copy()}
    >
      <Icon name="copy" size={15} />
    </ActionIcon>
  );
}

/** Whether it is copied. Over plain HTTP, browsers have no clipboard but the one of selected text. */
async function copyText(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return true;
  }
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return isCopied;
}
