import { ActionIcon } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Icon } from './icons.js';
import { toast } from './toasts.js';

/** Copies a value; `what` names it. */
export function CopyButton({ value, what }: { readonly value: string; readonly what: string }) {
  const { t } = useTranslation();
  const copy = async () => {
    await navigator.clipboard.writeText(value);
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
