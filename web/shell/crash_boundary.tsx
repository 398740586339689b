import { Button, Code } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../components/empty_state.js';

interface State {
  readonly error: Error | null;
}

/** Shows what failed instead of an empty page. */
export class CrashBoundary extends Component<{ readonly children: ReactNode }, State> {
  override readonly state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    return this.state.error ? <Crash error={this.state.error} /> : this.props.children;
  }
}

function Crash({ error }: { readonly error: Error }) {
  const { t } = useTranslation();
  return (
    <main>
      <EmptyState title={t('shell.crashed.title')}>
        <p>{t('shell.crashed.text')}</p>
        <Code block>{error.stack ?? error.message}</Code>
        <Button onClick={() => location.reload()}>{t('shell.crashed.reload')}</Button>
      </EmptyState>
    </main>
  );
}
