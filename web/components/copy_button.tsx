import { ActionIcon } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Icon } from './icons.js';
import { toast } from './toasts.js';

/** Copies a value; `what` names it. */
export function CopyButton({ value, what }: { readonly value: string; readonly what: string }) {
  const { t } = useTranslation();
  const copy = async () => {
    await copyText(value);
    toast(t('common.copied'));
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

/** Over plain HTTP, browsers have no clipboard but the one of selected text. */
async function copyText(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}
