import { Button, Group, Modal } from '@mantine/core';
import { type FormEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Draft } from './draft.js';
import styles from './layout.module.css';
import { Problem } from './problem.js';
import { Restored } from './restored.js';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly size?: 'md' | 'lg' | 'xl';
  /** It closes by a button of its own only: what it shows cannot be shown again. */
  readonly isOneWay?: boolean;
  readonly children: ReactNode;
}

/** A dialog over the page; on a phone, instead of it. It is open while it is drawn. */
export function Dialog({ title, onClose, size = 'md', isOneWay = false, children }: DialogProps) {
  const { t } = useTranslation();
  useFocusReturn();
  return (
    // Its scroll lock adds a style element, which the page's policy forbids: theme.css locks instead.
    <Modal.Root
      opened
      onClose={onClose}
      size={size}
      lockScroll={false}
      transitionProps={NO_TRANSITION}
      closeOnEscape={!isOneWay}
      closeOnClickOutside={!isOneWay}
      data-desk-dialog
    >
      <Modal.Overlay />
      <Modal.Content>
        <div className={styles.dialogHead}>
          <Modal.Title>{title}</Modal.Title>
          {!isOneWay && <Modal.CloseButton aria-label={t('common.close')} />}
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

/** Gives the focus back to what had it: Mantine does so only for dialogs that stay drawn while they are closed. */
function useFocusReturn(): void {
  const [opener] = useState(focusedOrItsMenu);
  useLayoutEffect(() => () => opener?.focus({ preventScroll: true }), [opener]);
}

/** What has the focus; for an item of a menu, which closes, the menu's button. */
function focusedOrItsMenu(): HTMLElement | null {
  const focused = document.activeElement;
  const menuButton = focused?.closest('[role="menu"]')?.getAttribute('aria-labelledby');
  return menuButton ? document.getElementById(menuButton) : focused instanceof HTMLElement ? focused : null;
}

const NO_TRANSITION = { duration: 0 };

interface ConfirmDialogProps {
  readonly title: string;
  readonly children?: ReactNode;
  /** What the button does. */
  readonly action: string;
  /** What the other button says; "Cancel" unless given. */
  readonly cancel?: string;
  readonly isDangerous?: boolean;
  /** The dialog closes once it is done, and shows why it could not be. */
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before something is done that cannot be undone. */
export function ConfirmDialog({ onConfirm, ...props }: ConfirmDialogProps) {
  return <FormDialog {...props} onSubmit={onConfirm} />;
}

interface FormDialogProps extends Omit<ConfirmDialogProps, 'onConfirm'> {
  readonly size?: 'md' | 'lg' | 'xl';
  /** Sends what was filled in; the dialog closes once it is done, unless it answers `false`. */
  readonly onSubmit: () => Promise<unknown>;
  /** What was typed into a small dialog: forgotten once it is closed, but not by Back. */
  readonly draft?: Pick<Draft<unknown>, 'isRestored' | 'clear'>;
}

/** A form in a dialog: it says why it could not be sent, and keeps what was typed. */
export function FormDialog(props: FormDialogProps) {
  const { title, children, action, cancel, size, isDangerous = false, onSubmit, draft } = props;
  const { t } = useTranslation();
  const onClose = () => {
    draft?.clear();
    props.onClose();
  };
  const [error, setError] = useState<unknown>(null);
  const [isSending, setSending] = useState(false);
  const isShown = useIsShown();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    setError(null);
    try {
      if ((await onSubmit()) === false) return;
      // Whoever closed it meanwhile may have opened another one.
      if (isShown.current) onClose();
      else draft?.clear();
    } catch (problem) {
      setError(problem);
    } finally {
      setSending(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose} {...(size && { size })}>
      <form onSubmit={(event) => void submit(event)} noValidate>
        {draft?.isRestored && <Restored onDiscard={draft.clear} />}
        {children}
        {error !== null && <Problem error={error} />}
        <Group justify="flex-end" mt="md">
          <Button variant="default" data-autofocus onClick={onClose}>
            {cancel ?? t('common.cancel')}
          </Button>
          <Button type="submit" loading={isSending} {...(isDangerous && { color: 'red' })}>
            {action}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}

/** Whether the component is still drawn. */
function useIsShown() {
  const isShown = useRef(true);
  useEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);
  return isShown;
}
