import { Button, Group, Progress, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type BulkAction,
  type BulkAnswer,
  type BulkTarget,
  bulkProgress,
  cancelBulk,
  runBulk,
} from '../../../api/bulk.js';
import { useStore } from '../../../api/store.js';
import { Dialog } from '../../../components/dialog.js';
import { useTextDraft } from '../../../components/draft.js';
import { Problem, useProblem } from '../../../components/problem.js';
import { Restored } from '../../../components/restored.js';
import { toast } from '../../../components/toasts.js';
import { useSubmit } from '../../../components/use_submit.js';
import { useFormat } from '../../../i18n/format.js';
import { tagsOf } from '../dialogs/tags_of.js';
import { BulkResults } from './bulk_results.js';

interface BulkDialogProps {
  readonly action: BulkAction;
  readonly target: BulkTarget;
  readonly count: number;
  /** It was done: nothing is chosen any more. */
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Asks for what an action on many sessions needs, shows how far it is, and what became of each. */
export function BulkDialog({ action, target, count, onDone, onClose }: BulkDialogProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [id] = useState(newBulkId);
  const draft = useTextDraft(`sessions.${action}`, '', action === 'proxy');
  const [answer, setAnswer] = useState<BulkAnswer | null>(null);
  const form = useSubmit(async () => {
    setAnswer(await runBulk(id, action, target, restOf(action, draft.text)));
    draft.clear();
  });
  const cancel = () => {
    draft.clear();
    onClose();
  };
  const title = t(`bulk.title.${action}`, { count, formatted: format.number(count) });
  const close = answer ? onDone : cancel;
  return (
    // While it is carried out, nothing but its own button closes it: its result is shown once.
    <Dialog title={title} onClose={close} isOneWay={!answer && form.isSending}>
      {answer && <BulkResults answer={answer} onClose={close} />}
      {!answer && form.isSending && <Running id={id} count={count} />}
      {!answer && !form.isSending && (
        <form onSubmit={(event) => void form.submit(event)} noValidate>
          {draft.isRestored && <Restored onDiscard={draft.clear} />}
          <Asked
            action={action}
            typed={draft.text}
            error={form.errorAt('tags', 'proxy', 'reason')}
            onType={draft.set}
          />
          {form.isElsewhere() && <Problem error={form.error} onRetry={() => void form.submit()} />}
          <Group justify="flex-end" mt="md">
            <Button variant="default" data-autofocus onClick={cancel}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" {...(isDangerous(action) && { color: 'red' })}>
              {t(`bulk.go.${action}`)}
            </Button>
          </Group>
        </form>
      )}
    </Dialog>
  );
}

/** `randomUUID` is missing over plain HTTP. */
function newBulkId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

function isDangerous(action: BulkAction): boolean {
  return action === 'invalidate' || action === 'delete';
}

function restOf(action: BulkAction, typed: string) {
  if (action === 'tag' || action === 'untag') return { tags: tagsOf(typed) };
  if (action === 'proxy') return { proxy: typed.trim() };
  return action === 'invalidate' && typed.trim() ? { reason: typed.trim() } : {};
}

interface AskedProps {
  readonly action: BulkAction;
  readonly typed: string;
  readonly error: React.ReactNode;
  readonly onType: (text: string) => void;
}

function Asked({ action, typed, error, onType }: AskedProps) {
  const { t } = useTranslation();
  const field = {
    'data-autofocus': true,
    ...{ value: typed, error },
    onChange: ({ currentTarget }: React.ChangeEvent<HTMLInputElement>) => onType(currentTarget.value),
  };
  switch (action) {
    case 'tag':
    case 'untag':
      return <TextInput label={t('sessions.dialog.tagsLabel')} {...field} />;
    case 'proxy':
      return (
        <TextInput
          label={t('sessions.dialog.proxyLabel')}
          description={t('sessions.dialog.proxyHint')}
          placeholder="socks5://user:password@host:1080"
          {...field}
        />
      );
    case 'invalidate':
      return (
        <>
          <p>{t('bulk.text.invalidate')}</p>
          <TextInput label={t('sessions.dialog.reason')} placeholder={t('common.optional')} {...field} />
        </>
      );
    default:
      return <p>{t(`bulk.text.${action}`)}</p>;
  }
}

function Running({ id, count }: { readonly id: string; readonly count: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const problem = useProblem();
  const [isStopping, setStopping] = useState(false);
  const stop = () => {
    setStopping(true);
    cancelBulk(id).catch((error: unknown) => {
      setStopping(false);
      toast(problem(error).text, { tone: 'failed' });
    });
  };
  const newest = useStore(bulkProgress);
  const { done, total } = newest?.bulk_id === id ? newest : { done: 0, total: count };
  return (
    <>
      <p>{t('bulk.running')}</p>
      <Progress value={(done / Math.max(total, 1)) * 100} aria-label={t('bulk.progress')} />
      <p role="status">{t('bulk.of', { done: format.number(done), total: format.number(total) })}</p>
      <Group justify="flex-end">
        <Button variant="default" loading={isStopping} onClick={stop}>
          {t('bulk.stop')}
        </Button>
      </Group>
    </>
  );
}
