import { useTranslation } from 'react-i18next';
import type { Run, RunState } from '../../api/runs.js';
import { Badge, type Tone } from '../badge.js';
import { Ago } from '../time.js';
import styles from './run.module.css';

const TONES = {
  queued: 'calm',
  running: 'busy',
  waiting: 'warn',
  deferred: 'warn',
  completed: 'good',
  failed: 'bad',
  cancelled: 'calm',
} as const satisfies Record<RunState, Tone>;

/** Every state of a run. */
export const RUN_STATES = Object.keys(TONES) as RunState[];

interface RunBadgeProps {
  readonly run: Pick<Run, 'state' | 'finished_at'> & Partial<Pick<Run, 'cancel_requested'>>;
}

/** The state of a run. */
export function RunBadge({ run: { state, finished_at, cancel_requested } }: RunBadgeProps) {
  const { t } = useTranslation();
  if (cancel_requested && finished_at === null) return <Badge tone="warn">{t('runs.cancelling')}</Badge>;
  return (
    <Badge tone={TONES[state]} title={t(`runs.meaning.${state}`)}>
      {t(`runs.state.${state}`)}
    </Badge>
  );
}

/** The state of a run, with what it waits for, or why it failed. */
export function RunStateCell({ run }: { readonly run: Run }) {
  const { t } = useTranslation();
  const { state, waiting_since, not_before, error } = run;
  return (
    <div className={styles.state}>
      <RunBadge run={run} />
      {state === 'waiting' && waiting_since && (
        <span className={styles.quiet}>
          {t('runs.forSession')} <Ago at={waiting_since} />
        </span>
      )}
      {state === 'deferred' && not_before && (
        <span className={styles.quiet}>
          {t('runs.resumes')} <Ago at={not_before} />
        </span>
      )}
      {error && (
        <span className={styles.error} title={error}>
          {error}
        </span>
      )}
    </div>
  );
}
