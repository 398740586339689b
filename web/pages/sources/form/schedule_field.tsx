import { NativeSelect, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { onDemand } from '../../../components/on_demand.js';
import styles from '../sources.module.css';

// Lazy here as on the pages: otherwise it would be two files.
const ScheduleMeaning = onDemand(async () => (await import('../schedule/schedule_text.js')).ScheduleMeaning);

/** Expressions that can be chosen without knowing cron; empty: on demand only. */
const PRESETS = {
  demand: '',
  hour: '0 * * * *',
  sixHours: '0 */6 * * *',
  day: '0 3 * * *',
  week: '0 3 * * 1',
  month: '0 3 1 * *',
} as const;
type Preset = keyof typeof PRESETS;

const OTHER = 'other';

interface ScheduleFieldProps {
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (schedule: string) => void;
}

/** When a source runs: one of a few schedules, or any cron expression, explained while it is typed. */
export function ScheduleField({ value, error, onChange }: ScheduleFieldProps) {
  const { t } = useTranslation();
  const expression = value.trim().replace(/\s+/g, ' ');
  const known = (Object.keys(PRESETS) as Preset[]).find((preset) => PRESETS[preset] === expression);
  return (
    <>
      <div className={styles.pair}>
        <NativeSelect
          label={t('sources.schedule.title')}
          value={known ?? OTHER}
          data={[
            ...(Object.keys(PRESETS) as Preset[]).map((preset) => ({
              value: preset,
              label: t(`sources.schedule.preset.${preset}`),
            })),
            { value: OTHER, label: t('sources.schedule.preset.other') },
          ]}
          onChange={({ currentTarget }) => {
            const chosen = currentTarget.value;
            // Any other expression begins with one that can be changed.
            onChange(chosen === OTHER ? '30 3 * * *' : PRESETS[chosen as Preset]);
          }}
        />
        <TextInput
          label={t('sources.schedule.cron')}
          placeholder={t('sources.schedule.placeholder')}
          autoCapitalize="none"
          spellCheck={false}
          value={value}
          error={error}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      </div>
      <div aria-live="polite">
        {expression === '' ? (
          <span className={styles.quiet}>{t('sources.schedule.demandText')}</span>
        ) : (
          <ScheduleMeaning schedule={expression} />
        )}
      </div>
    </>
  );
}
