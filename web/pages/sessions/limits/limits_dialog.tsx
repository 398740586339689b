import { Button, Group, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, send } from '../../../api/client.js';
import { outdated } from '../../../api/queries.js';
import { FormDialog } from '../../../components/dialog.js';
import { Problem } from '../../../components/problem.js';
import { toast } from '../../../components/toasts.js';
import { useFormat } from '../../../i18n/format.js';

interface Limit {
  readonly tag: string;
  readonly max_uses_per_day: number;
  readonly ramp_days: number;
}

async function save({ tag, ...body }: Limit): Promise<void> {
  await send('put', '/tags/{tag}/limits', { path: { tag }, body });
  outdated('sessions', 'status');
}

async function remove(tag: string): Promise<void> {
  await send('delete', '/tags/{tag}/limits', { path: { tag } });
  outdated('sessions', 'status');
}

/** How often sessions with a tag may be leased in a day. */
export function LimitsDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [tag, setTag] = useState('');
  const [uses, setUses] = useState('100');
  const [days, setDays] = useState('0');
  const submit = async () => {
    await save({ tag: tag.trim(), max_uses_per_day: Number(uses), ramp_days: Number(days) });
    toast(t('sessions.limits.saved', { tag: tag.trim() }));
    setTag('');
    return false;
  };
  return (
    <FormDialog
      title={t('sessions.limits.title')}
      action={t('common.save')}
      cancel={t('common.close')}
      onSubmit={submit}
      onClose={onClose}
    >
      <p>{t('sessions.limits.text')}</p>
      <CurrentLimits />
      <TextInput
        data-autofocus
        label={t('sessions.limits.tag')}
        value={tag}
        onChange={({ currentTarget }) => setTag(currentTarget.value)}
      />
      <TextInput
        mt="sm"
        inputMode="numeric"
        label={t('sessions.limits.uses')}
        value={uses}
        onChange={({ currentTarget }) => setUses(currentTarget.value)}
      />
      <TextInput
        mt="sm"
        inputMode="numeric"
        label={t('sessions.limits.days')}
        description={t('sessions.limits.daysHint')}
        value={days}
        onChange={({ currentTarget }) => setDays(currentTarget.value)}
      />
    </FormDialog>
  );
}

function CurrentLimits() {
  const { t } = useTranslation();
  const format = useFormat();
  const [problem, setProblem] = useState<unknown>(null);
  const { data = [], error } = useQuery({
    queryKey: ['sessions', 'limits'],
    queryFn: ({ signal }) => get('/tags/limits', { signal }),
  });
  const drop = async (limit: Limit) => {
    try {
      await remove(limit.tag);
      toast(t('sessions.limits.removed', { tag: limit.tag }), { undo: () => save(limit) });
    } catch (failed) {
      setProblem(failed);
    }
  };
  const found = problem ?? error;
  return (
    <>
      {found !== null && <Problem error={found} />}
      {data.map((limit) => (
        <Group key={limit.tag} justify="space-between" mb="xs">
          <span>
            <strong>{limit.tag}</strong>{' '}
            {t('sessions.limits.limit', {
              uses: format.number(limit.max_uses_per_day),
              days: format.number(limit.ramp_days),
            })}
          </span>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t('sessions.limits.removeNamed', { tag: limit.tag })}
            onClick={() => void drop(limit)}
          >
            {t('sessions.limits.remove')}
          </Button>
        </Group>
      ))}
    </>
  );
}
