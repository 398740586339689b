import { Button, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type Answer, get, send } from '../../../api/client.js';
import { outdated } from '../../../api/queries.js';
import { Problem } from '../../../components/problem.js';
import { toast } from '../../../components/toasts.js';
import { useSubmit } from '../../../components/use_submit.js';
import { useFormat } from '../../../i18n/format.js';
import styles from '../sessions.module.css';

type Limit = Answer<'get', '/tags/limits'>[number];

/** The limits that hold now, each of which can be removed. */
export function CurrentLimits() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery({
    queryKey: ['sessions', 'limits'],
    queryFn: ({ signal }) => get('/tags/limits', { signal }),
  });
  if (!data) return error && <Problem error={error} onRetry={refetch} />;
  if (data.length === 0) return <p>{t('sessions.limits.none')}</p>;
  return (
    <ul className={styles.limits} aria-label={t('sessions.limits.title')}>
      {data.map((limit) => (
        <LimitRow key={limit.tag} limit={limit} />
      ))}
    </ul>
  );
}

function LimitRow({ limit }: { readonly limit: Limit }) {
  const { t } = useTranslation();
  const { tag } = limit;
  const { error, isSending, submit } = useSubmit(async () => {
    await send('delete', '/tags/{tag}/limits', { path: { tag } });
    outdated('sessions', 'status');
    toast(t('sessions.limits.removed', { tag }), { undo: () => restore(limit) });
  });
  return (
    <li>
      <Group justify="space-between" wrap="nowrap" mb="xs">
        <span>
          <strong>{tag}</strong> <LimitText limit={limit} />
        </span>
        <Button
          size="compact-sm"
          variant="default"
          loading={isSending}
          aria-label={t('sessions.limits.removeNamed', { tag })}
          onClick={() => void submit()}
        >
          {t('sessions.limits.remove')}
        </Button>
      </Group>
      {error !== null && <Problem error={error} />}
    </li>
  );
}

function LimitText({ limit: { max_uses_per_day: uses, ramp_days: days } }: { readonly limit: Limit }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  return [
    t('sessions.limits.leases', { count: uses, formatted: number(uses) }),
    days > 0 && t('sessions.limits.ramp', { count: days, formatted: number(days) }),
  ]
    .filter(Boolean)
    .join(', ');
}

async function restore({ tag, ...body }: Limit): Promise<void> {
  await send('put', '/tags/{tag}/limits', { path: { tag }, body });
  outdated('sessions', 'status');
}
