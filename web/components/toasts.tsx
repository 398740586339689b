import { Button, CloseButton } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { createStore, useStore } from '../api/store.js';
import { useProblem } from './problem.js';
import styles from './toasts.module.css';

interface Toast {
  readonly id: number;
  readonly message: string;
  readonly tone: 'done' | 'failed';
  /** Takes back what was done; why it could not is shown. */
  readonly undo?: () => Promise<unknown>;
}

const MAX_TOASTS = 4;
const SHOWN_MS = 5000;
const SHOWN_WITH_UNDO_MS = 12_000;

const toasts = createStore<readonly Toast[]>([]);
let made = 0;

/** Says that something was done, or failed; with `undo`, offers to take it back. */
export function toast(message: string, options: Partial<Pick<Toast, 'tone' | 'undo'>> = {}): void {
  made += 1;
  const added: Toast = { id: made, message, tone: 'done', ...options };
  toasts.set((shown) => [...shown, added].slice(-MAX_TOASTS));
}

/** Where toasts are shown, and read out. */
export function Toasts() {
  const { t } = useTranslation();
  const shown = useStore(toasts);
  return (
    <section className={styles.place} aria-label={t('shell.notifications')} aria-live="polite">
      {shown.map((one) => (
        <ToastView key={one.id} {...one} />
      ))}
    </section>
  );
}

function ToastView({ id, message, tone, undo }: Toast) {
  const { t } = useTranslation();
  const problem = useProblem();
  const dismiss = () => toasts.set((shown) => shown.filter((one) => one.id !== id));
  const takeBack = () => {
    dismiss();
    undo?.().catch((error: unknown) => toast(problem(error).text, { tone: 'failed' }));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the time runs from when it appeared
  useEffect(() => {
    // An error stays until it is dismissed.
    if (tone === 'failed') return;
    const timer = setTimeout(dismiss, undo ? SHOWN_WITH_UNDO_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={styles.toast} data-tone={tone} role={tone === 'failed' ? 'alert' : undefined}>
      <span className={styles.words}>{message}</span>
      {undo && (
        <Button size="compact-sm" variant="light" onClick={takeBack}>
          {t('common.undo')}
        </Button>
      )}
      <CloseButton size="sm" aria-label={t('shell.dismiss')} onClick={dismiss} />
    </div>
  );
}
