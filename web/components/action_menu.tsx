import { ActionIcon, Menu } from '@mantine/core';
import { type ReactNode, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from './icons.js';

interface ActionMenuProps {
  /** Of what the actions are for. */
  readonly name: string;
  /** Its items. */
  readonly children: ReactNode;
}

/** The menu with the actions for something, behind its button. */
export function ActionMenu({ name, children }: ActionMenuProps) {
  const { t } = useTranslation();
  const button = useRef<HTMLButtonElement>(null);
  // A dialog gives the focus back to what has it when the dialog comes: while it is loaded, the menu goes.
  const focusButton = () => button.current?.focus({ preventScroll: true });
  return (
    <Menu position="bottom-end" transitionProps={{ duration: 0 }} withinPortal returnFocus>
      <Menu.Target>
        <ActionIcon ref={button} variant="subtle" color="gray" aria-label={t('common.actionsFor', { name })}>
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown onClickCapture={focusButton}>{children}</Menu.Dropdown>
    </Menu>
  );
}
