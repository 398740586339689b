import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { BULK_ACTIONS, type BulkAction, type BulkTarget, MAX_BULK_SESSIONS } from '../../api/bulk.js';
import { onDemand } from '../../components/on_demand.js';
import { useFormat } from '../../i18n/format.js';
import styles from './sessions.module.css';

const BulkDialog = onDemand(async () => (await import('./bulk/bulk_dialog.js')).BulkDialog);

interface BulkBarProps {
  readonly ids: ReadonlySet<number>;
  /** How many match what the list is narrowed to, on all pages. */
  readonly matching: number;
  /** What the list is narrowed to, as the API has it. */
  readonly filter: Extract<BulkTarget, { readonly filter: unknown }>['filter'];
  readonly onClear: () => void;
}

/** An action, and the sessions that it is meant for. */
interface Asked {
  readonly action: BulkAction;
  readonly target: BulkTarget;
  readonly count: number;
}

/** What can be done with the sessions that were chosen, or with all that match. */
export function BulkBar({ ids, matching, filter, onClear }: BulkBarProps) {
  const { t } = useTranslation();
  const format = useFormat();
  // Whoever changes the choice afterwards does not mean all any more.
  const [allOf, setAllOf] = useState<ReadonlySet<number> | null>(null);
  // As they were when it was asked for: while sessions are deleted, fewer match.
  const [asked, setAsked] = useState<Asked | null>(null);
  const isAll = allOf === ids;
  const target: BulkTarget = isAll ? { filter } : { ids: [...ids] };
  const count = isAll ? matching : ids.size;
  return (
    <section className={styles.bulk} aria-label={t('bulk.label')}>
      <output>
        {isAll
          ? t('bulk.allSelected', { formatted: format.number(matching) })
          : t('common.selected', { count: ids.size })}
      </output>
      {!isAll && matching > ids.size && matching <= MAX_BULK_SESSIONS && (
        <Button size="compact-sm" variant="subtle" onClick={() => setAllOf(ids)}>
          {t('bulk.all', { count: matching, formatted: format.number(matching) })}
        </Button>
      )}
      {count > MAX_BULK_SESSIONS && <span>{t('problems.code.too_many_sessions')}</span>}
      {BULK_ACTIONS.map((action) => (
        <Button
          key={action}
          disabled={count > MAX_BULK_SESSIONS}
          size="compact-sm"
          variant="default"
          {...(action === 'delete' && { color: 'red', variant: 'light' })}
          onClick={() => setAsked({ action, target, count })}
        >
          {t(`bulk.action.${action}`)}
        </Button>
      ))}
      <Button size="compact-sm" variant="subtle" onClick={onClear}>
        {t('common.clearSelection')}
      </Button>
      {asked && <BulkDialog {...asked} onDone={onClear} onClose={() => setAsked(null)} />}
    </section>
  );
}
